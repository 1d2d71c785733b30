import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Target, writeTarget } from './host.ts';
import type { Permit } from './policy.ts';
import { Refusal } from './refusal.ts';

/** How long one address may take to accept a connection, and a name to be looked up, in milliseconds. */
const CONNECT_MS = 10_000;
const LOOK_UP_MS = 10_000;
/** Lookups hold a thread each, of four that file operations need too. */
const LOOK_UPS = 2;

/** Opens a connection to an address, which is used as it is. */
export type Dial = (address: string, port: number) => net.Socket;

export const dialAddress: Dial = (address, port) =>
  net.connect({
    host: address,
    port,
    allowHalfOpen: true,
    noDelay: true,
    // Should anything here ever be a name after all, it leads nowhere.
    lookup: (name, _, done) => done(new Error(`${name} is no address`), '', 4),
  });

/** Connects to the first of the permitted addresses that answers. Throws Refusal. */
export async function connect(
  target: Target,
  { addresses }: Permit,
  dial: Dial,
  signal: AbortSignal,
): Promise<net.Socket> {
  const failures: string[] = [];
  for (const address of addresses.slice(0, 4)) {
    const outcome = await tried(dial(address, target.port), signal);
    if (typeof outcome !== 'string') return outcome;
    failures.push(`${address}: ${outcome}`);
  }
  throw new Refusal(
    'unreachable',
    502,
    `${writeTarget(target)} is allowed, but could not be reached (${failures.join(', ')}).`,
  );
}

/** The socket once it is connected, or why it is not. */
function tried(socket: net.Socket, signal: AbortSignal): Promise<net.Socket | string> {
  return new Promise((resolve) => {
    const settle = (outcome: net.Socket | string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.off('error', fail).off('connect', succeed);
      if (typeof outcome === 'string') socket.on('error', () => {}).destroy();
      resolve(outcome);
    };
    const succeed = () => settle(socket);
    const fail = (error: NodeJS.ErrnoException) => settle(error.code ?? error.message);
    const abort = () => settle('the program has left');
    const timer = setTimeout(() => settle(`no answer within ${CONNECT_MS / 1000} s`), CONNECT_MS);
    socket.once('connect', succeed).once('error', fail);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

/** Looks names up as the host does, at most two at a time, each within a deadline. */
export function createResolver(): (name: string) => Promise<readonly string[]> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (name) => {
    if (running >= LOOK_UPS) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    // The turn goes on when the lookup has really ended, whoever still waits for it.
    const found = lookup(name, { all: true, order: 'verbatim' }).finally(() => {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    });
    const late = new AbortController();
    const deadline = delay(LOOK_UP_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`no answer within ${LOOK_UP_MS / 1000} s`);
    });
    deadline.catch(() => {});
    try {
      return (await Promise.race([found, deadline])).map(({ address }) => address);
    } finally {
      late.abort();
      found.catch(() => {});
    }
  };
}
