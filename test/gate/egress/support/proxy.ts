import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Dial, dialAddress } from '../../../../src/gate/egress/dial.ts';
import { createEgress, type EgressEvent } from '../../../../src/gate/egress/egress.ts';
import { modelServers } from '../../../../src/gate/egress/policy.ts';
import { readRule } from '../../../../src/gate/egress/rules.ts';

/** A proxy as programs in a guest find it, on a port of loopback. */
export interface TestProxy {
  port: number;
  url: string;
  events: EgressEvent[];
  /** Every address that was connected to. */
  dialled: string[];
  /** Every name that was looked up. */
  lookedUp: string[];
  /** The allowlist; a test may change it. */
  rules: string[];
}

export interface ProxyOptions {
  rules?: string[];
  /** Addresses of names; the nth lookup of a name gets the nth list, and from then on the last. */
  names?: Record<string, string[][]>;
  modelUrl?: string;
  /** Where an address and port really lead to; so that a public address can be tried without the internet. */
  leads?: Record<string, number>;
}

/** Serves a proxy with names and addresses of its own; what it connects to are real sockets of loopback. */
export async function openProxy(options: ProxyOptions = {}, atEnd = onTestFinished): Promise<TestProxy> {
  const { names = {}, leads = {} } = options;
  const proxy = { events: [], dialled: [], lookedUp: [], rules: options.rules ?? [] } as Omit<
    TestProxy,
    'port' | 'url'
  >; // the two are known once it listens
  const dial: Dial = (address, port) => {
    proxy.dialled.push(`${address}:${port}`);
    const led = leads[`${address}:${port}`];
    return led === undefined ? dialAddress(address, port) : dialAddress('127.0.0.1', led);
  };
  const egress = createEgress({
    rules: () => proxy.rules.map(readRule),
    modelServers: modelServers(options.modelUrl),
    resolve: async (name) => {
      const times = proxy.lookedUp.filter((each) => each === name).length;
      proxy.lookedUp.push(name);
      const lists = names[name];
      if (lists === undefined) throw new Error(`no such name: ${name}`);
      return lists[Math.min(times, lists.length - 1)] ?? [];
    },
    dial,
    onEvent: (event) => proxy.events.push(event),
  });
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
    void egress.serve(socket).then(() => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return Object.assign(proxy, { port, url: `http://127.0.0.1:${port}` });
}

/** Sends bytes to a port of loopback and gives all that comes back until the other side ends, it matches, or for so long. */
export async function talk(
  port: number,
  said: string | Buffer,
  ms = 10_000,
  until?: RegExp,
): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {}); // the other side may cut it off
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
    if (until?.test(heard)) socket.destroy();
  });
  socket.write(said);
  const timer = setTimeout(() => socket.destroy(), ms);
  await Promise.race([once(socket, 'end'), once(socket, 'close')]).catch(() => {});
  clearTimeout(timer);
  socket.destroy();
  return heard;
}
