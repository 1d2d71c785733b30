import type net from 'node:net';
import type { Duplex } from 'node:stream';
import { drain } from '../drain.ts';
import { readTarget, type Target, writeHost } from './host.ts';
import { HELLO_MS } from './limits.ts';
import { Refusal } from './refusal.ts';
import { TlsGuard } from './tls-guard.ts';

const TLS_PORT = 443;

/** Reads where a CONNECT wants to. Port 80 it can't have: there the gate reads what is asked. Throws Refusal. */
export function readTunnelTarget(url: string): Target {
  const target = readTarget(url);
  if ('wrong' in target) throw new Refusal('malformed', 400, `CONNECT can't be used: ${target.wrong}.`);
  if (target.port !== 80) return target;
  const host = writeHost(target);
  const message = `Port 80 of ${host} is for plain HTTP: ask for http://${host}/ without CONNECT.`;
  throw new Refusal('malformed', 403, message);
}

/**
 * Joins both ends until each has ended. What the program sends has to be TLS for the target; on a port that a rule names, it
 * may also be something else. Throws Refusal, and then both ends are still open.
 */
export async function tunnel(program: Duplex, server: net.Socket, target: Target): Promise<void> {
  const guard = new TlsGuard(target, target.port !== TLS_PORT);
  const { promise: late, reject } = Promise.withResolvers<never>();
  // A port that may carry anything may also wait for the server to speak first.
  const timer = setTimeout(() => {
    if (guard.isWaiting && target.port === TLS_PORT) {
      reject(new Refusal('no TLS name', 403, `No TLS for ${target.name} came within ${HELLO_MS / 1000} s.`));
    }
  }, HELLO_MS);
  try {
    const both = Promise.all([
      pump(program, server, (chunk) => guard.push(chunk)),
      pump(server, program, (chunk) => chunk),
    ]);
    await Promise.race([both, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Writes what comes from one end to the other, as fast as that takes it, and passes its end on. */
async function pump(from: Duplex, to: Duplex, filter: (chunk: Buffer) => Buffer): Promise<void> {
  for await (const chunk of from.iterator({ destroyOnReturn: false })) {
    const passed = filter(chunk as Buffer); // neither end has an encoding
    if (to.destroyed) return;
    if (passed.length > 0 && !to.write(passed)) await drain(to);
  }
  to.end();
}

/**
 * The refusal in words that a program understands inside its tunnel: an alert (access_denied) where it expects TLS, else an answer
 * in plain HTTP. Source: RFC 8446, 6.
 */
export function farewell(refusal: Refusal): Buffer {
  return refusal.kind === 'no TLS' ? Buffer.from(refusal.answer) : Buffer.from([21, 3, 3, 0, 2, 2, 49]);
}
