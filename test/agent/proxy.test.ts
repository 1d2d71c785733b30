import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GateClient } from '../../src/agent/gate-client.ts';
import { serveProxy } from '../../src/agent/proxy.ts';
import { createEgress } from '../../src/gate/egress/egress.ts';
import { readRule } from '../../src/gate/egress/rules.ts';
import { serveGate } from '../../src/gate/server.ts';
import { browse } from '../gate/egress/support/browse.ts';
import { talk } from '../gate/egress/support/proxy.ts';
import { serveHttp, serveHttps } from '../gate/egress/support/servers.ts';
import { emptyRoutes } from '../gate/support.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** The proxy of a guest, its agent's gate, and the host's end of that: all that lies between a program and the outside but the VM. */
async function guestProxy(
  rules: string[],
): Promise<{ url: string; port: number; gate: GateClient; wire: net.Socket }> {
  const path = join(await temporaryFolder(), 'gate.sock');
  const server = net.createServer().listen(path);
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[net.Socket]>;
  const connecting = GateClient.connect(path);
  const [wire] = await connected;
  const egress = createEgress({
    rules: () => rules.map(readRule),
    modelServers: [],
    resolve: async () => [],
    onEvent: () => {},
  });
  void serveGate(wire, emptyRoutes({ egress, read: { '/me': async () => ({ I: 'ada' }) } }).routes, () => {});
  const gate = await connecting;
  const proxy = serveProxy(() => gate.connection(), 0);
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.close();
    wire.destroy();
    server.close();
  });
  const { port } = proxy.address() as AddressInfo; // it listens on a port
  return { url: `http://127.0.0.1:${port}`, port, gate, wire };
}

test('programs of the guest reach an allowed host through the gate, and read why another one is refused', async () => {
  const plain = await serveHttp((_, response) => response.end('plain'));
  const secure = await serveHttps('x', (_, response) => response.end('secure'));
  const { url } = await guestProxy([`127.0.0.1:${plain}`, `127.0.0.1:${secure}`]);
  expect(await browse(url, `http://127.0.0.1:${plain}/`)).toBe('plain');
  expect(await browse(url, `https://127.0.0.1:${secure}/`)).toBe('secure');
  expect(await browse(url, 'http://example.com/')).toContain('example.com:80 is not allowed for this team.');
});

test('large bodies pass whole in both directions at once', async () => {
  const down = randomBytes(8 * 1024 * 1024);
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const server = await serveHttp((request, response) => {
    const hash = createHash('sha256');
    response.writeHead(200, { 'content-length': down.length + 64 });
    response.write(down);
    request.on('data', (chunk) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')));
  });
  const { port } = await guestProxy([`127.0.0.1:${server}`]);
  const up = randomBytes(8 * 1024 * 1024);
  const host = `127.0.0.1:${server}`;
  const head = `POST http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${up.length}\r\n\r\n`;
  const answer = Buffer.from(await talk(port, Buffer.concat([Buffer.from(head), up]), 60_000), 'latin1');
  expect(answer.includes(down)).toBe(true);
  expect(answer.toString('latin1')).toContain(sha(up));
});

test('a hundred connections at once are all served, and the agent is not kept waiting', async () => {
  const held: (() => void)[] = [];
  const server = await serveHttp((_, response) => void held.push(() => response.end('served')));
  const { url, gate } = await guestProxy([`127.0.0.1:${server}`]);
  const all = Promise.all(Array.from({ length: 100 }, () => browse(url, `http://127.0.0.1:${server}/`)));
  await eventually('32 to be carried', () => held.length === 32);
  expect(await gate.call('GET', '/me')).toEqual({ I: 'ada' });
  const serving = setInterval(() => {
    for (const serve of held.splice(0)) serve();
  }, 10);
  expect(new Set(await all)).toEqual(new Set(['served']));
  clearInterval(serving);
});

test('a program that leaves in the middle frees its connection, on both sides', async () => {
  let open = 0;
  const server = net.createServer((socket) => {
    open++;
    socket.on('error', () => {}).on('close', () => open--);
    socket.write('hello');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: target } = server.address() as AddressInfo; // it listens on a port
  const { port } = await guestProxy([`127.0.0.1:${target}`]);
  for (let i = 0; i < 40; i++) {
    const program = net.connect(port, '127.0.0.1').on('error', () => {});
    program.write(`CONNECT 127.0.0.1:${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(program, 'data');
    if (i % 2 === 0) program.resetAndDestroy();
    else program.destroy();
  }
  await eventually('all to be closed', () => open === 0);
  server.close();
});

test('a connection that the other side breaks off is broken off for the program, too', async () => {
  const server = net.createServer((socket) =>
    socket.write('half', () => setTimeout(() => socket.resetAndDestroy(), 50)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: target } = server.address() as AddressInfo; // it listens on a port
  const { port } = await guestProxy([`127.0.0.1:${target}`]);
  const program = net.connect(port, '127.0.0.1');
  program.write(`CONNECT 127.0.0.1:${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  program.resume();
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    program.once('error', resolve).once('end', () => resolve(undefined));
  });
  expect(error?.code).toBe('ECONNRESET');
  server.close();
});

test('a gate that is lost ends the connections that it carried', async () => {
  const server = await serveHttp(() => {});
  const { url, wire } = await guestProxy([`127.0.0.1:${server}`]);
  const waiting = browse(url, `http://127.0.0.1:${server}/`);
  setTimeout(() => wire.destroy(), 100);
  expect(await waiting).toMatch(/^error: /);
});
