import { mkdir, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPane } from '../../src/pane/pane.ts';
import { createScreen } from '../../src/pane/screen.ts';
import { servePane } from '../../src/pane/serve.ts';
import { connectUnix, listenUnix } from '../../src/pane/socket.ts';
import { parsePaneMessage, parseViewerMessage } from '../../src/pane/wire.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { connectWire, screenImage, startAgent, type WireViewer } from './support.ts';

test('a socket works at a path far longer than the kernel takes, in a private directory', async () => {
  const path = join(await temporaryFolder(), 'x'.repeat(120), 'y'.repeat(120), 'keeper.sock');
  const server = net.createServer((socket) => socket.end('hello'));
  const listener = await listenUnix(server, path);
  const socket = connectUnix(path);
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
  });
  await new Promise((resolve) => socket.on('close', resolve));
  expect(text).toBe('hello');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  await listener[Symbol.asyncDispose]();
  await expect(stat(path)).rejects.toThrow('ENOENT');
});

test('the socket of a dead keeper is replaced, that of a living one is not', async () => {
  const path = join(await temporaryFolder(), 'bob', 'keeper.sock');
  await mkdir(dirname(path));
  await writeFile(path, ''); // nobody listens here
  const first = await listenUnix(net.createServer(), path);
  await expect(listenUnix(net.createServer(), path)).rejects.toMatchObject({ code: 'PANE_UNAVAILABLE' });
  await first[Symbol.asyncDispose]();
});

test('connecting where nothing is fails like any socket', async () => {
  const folder = await temporaryFolder();
  for (const path of [join(folder, 'keeper.sock'), join(folder, 'no', 'keeper.sock')]) {
    const error = await new Promise((resolve) => connectUnix(path).on('error', resolve));
    expect(error).toMatchObject({ code: 'ENOENT' });
  }
});

test('a viewer gets the screen first, then live bytes, and status when it changes', async () => {
  const bob = await startAgent('bob', 'printf one; read; printf two; cat');
  const viewer = await connectWire(bob.socketPath, { cols: 90, rows: 30 });
  await eventually('one', () => viewer.text().includes('one'));
  expect(viewer.messages[0]).toEqual({ type: 'screen', cols: 90, rows: 30, resync: false });
  viewer.webSocket.send(Buffer.from('\n'));
  await eventually('two', () => viewer.text().includes('two'));
  bob.status.task = 'Another';
  bob.served.refresh();
  await eventually('the status', () =>
    viewer.messages.some((message) => message.type === 'status' && message.status.task === 'Another'),
  );
});

test('whoever attaches in the middle of a redraw sees what the first viewer sees', async () => {
  const script = `i=0; while ((i<4000)); do printf '\\e[H\\e[2J\\e[3%dmframe %d\\e[m\\r\\n\\e[?25l漢字 \\e[5;10Hx' $((i%8)) $i; ((i++)); done; read`;
  const bob = await startAgent('bob', script);
  const viewers: WireViewer[] = [];
  for (let i = 0; i < 6; i++) {
    viewers.push(await connectWire(bob.socketPath, {}));
    await eventually('some frames', () => (viewers[i]?.received() ?? 0) > 2_000 + i * 10);
  }
  await eventually('the last frame', () => viewers.every((viewer) => viewer.text().includes('frame 3999')));
  const images = await Promise.all(viewers.map((viewer) => imageOf(viewer, 80, 23)));
  expect(images[0]?.join('')).toContain('f{');
  for (const image of images) expect(image).toEqual(images[0]);
}, 30_000);

test('the smallest viewer decides the size, the last active one under the other policy, and one without a size never', async () => {
  const sizes: string[] = [];
  const bob = await startAgent('bob', 'cat', { onResize: (cols, rows) => sizes.push(`${cols}x${rows}`) });
  const large = await connectWire(bob.socketPath, { cols: 120, rows: 50 });
  await eventually('the large size', () => bob.pane.size.cols === 120);
  const small = await connectWire(bob.socketPath, { cols: 60, rows: 55 });
  await eventually('the common size', () => bob.pane.size.cols === 60 && bob.pane.size.rows === 50);
  await eventually('the word to the large one', () =>
    large.messages.some((message) => message.type === 'size' && message.cols === 60),
  );
  await connectWire(bob.socketPath, {});
  bob.pane.policy = 'last-active';
  expect(bob.pane.size).toEqual({ cols: 60, rows: 55 });
  large.webSocket.send(Buffer.from('x'));
  await eventually('the active size', () => bob.pane.size.rows === 50 && bob.pane.size.cols === 120);
  bob.pane.policy = 'smallest';
  small.send({ type: 'detach' });
  expect(await small.closed).toBe(1000);
  await eventually('the size of who is left', () => bob.pane.size.cols === 120);
  expect(sizes.at(-1)).toBe('120x50');
});

test('a storm of resizes becomes few, and the last one holds', async () => {
  let count = 0;
  const bob = await startAgent('bob', 'cat', { onResize: () => count++ });
  const viewer = await connectWire(bob.socketPath, { cols: 80, rows: 24 });
  for (let i = 0; i < 500; i++) viewer.send({ type: 'resize', cols: 40 + (i % 100), rows: 10 + (i % 30) });
  viewer.send({ type: 'resize', cols: 77, rows: 33 });
  await eventually('the last size', () => bob.pane.size.cols === 77 && bob.pane.size.rows === 33);
  expect(count).toBeLessThan(50);
});

test('keys of a read-only viewer go nowhere', async () => {
  const bob = await startAgent('bob', 'cat');
  const reader = await connectWire(bob.socketPath, { readOnly: true });
  const writer = await connectWire(bob.socketPath, {});
  reader.webSocket.send(Buffer.from('no'));
  writer.webSocket.send(Buffer.from('yes'));
  await eventually('the keys', () => bob.typed() === 'yes');
});

test('a viewer that does not read costs bounded memory, stalls nobody, and gets the screen when it reads again', async () => {
  const total = 50 * 1024 * 1024;
  const bob = await startAgent(
    'bob',
    `read; yes 'a line of output as a build would print it, again and again' | head -c ${total}; printf '\\r\\nthe end'; cat`,
  );
  const slow = await connectWire(bob.socketPath, {});
  const quick = await connectWire(bob.socketPath, {});
  await eventually('the first screens', () => slow.messages.length > 0);
  slow.webSocket.pause();
  const before = heldBytes();
  quick.webSocket.send(Buffer.from('\n'));
  await eventually('the quick viewer to be through', () => quick.text().includes('the end'), 110_000);
  // Both viewers and the pane live in this process; the slow one alone would hold 50 MB.
  expect(heldBytes() - before).toBeLessThan(25 * 1024 * 1024);
  expect(slow.received()).toBeLessThan(5 * 1024 * 1024);
  slow.webSocket.resume();
  await eventually('the screen anew', () =>
    slow.messages.some((message) => message.type === 'screen' && message.resync),
  );
  await eventually('the end', () => slow.text().includes('the end'));
  expect(slow.received()).toBeLessThan(5 * 1024 * 1024);
}, 120_000);

test('viewers are told when the terminal has ended, and who comes later too', async () => {
  const bob = await startAgent('bob', 'printf last words');
  const early = await connectWire(bob.socketPath, {});
  await bob.exited;
  await bob.pane.end('exit code 0');
  expect(await early.closed).toBe(1000);
  expect(early.messages.at(-1)).toEqual({ type: 'ended', reason: 'exit code 0' });
  const late = await connectWire(bob.socketPath, {});
  expect(await late.closed).toBe(1000);
  expect(late.text()).toContain('last');
});

test('other routes can live on the same socket', async () => {
  await using pane = createPane({ cols: 80, rows: 24 });
  const server = http.createServer((_, response) => response.end('keeper'));
  const socketPath = join(await temporaryFolder(), 'keeper.sock');
  const status = { agent: 'bob', state: 'idle', task: null, tokens: { input: 0, output: 0 }, unread: 0 };
  await using served = await servePane(pane, { socketPath, status: () => status, server });
  expect(served.server).toBe(server);
  const body = await new Promise<string>((resolve, reject) => {
    const request = http.get(
      { path: '/state', createConnection: () => connectUnix(socketPath) },
      (response) => {
        response.on('data', (data: Buffer) => resolve(data.toString()));
      },
    );
    request.on('error', reject);
  });
  expect(body).toBe('keeper');
});

test('nonsense closes the one who says it, and no other', async () => {
  const bob = await startAgent('bob', 'cat');
  const good = await connectWire(bob.socketPath, {});
  const nonsense = [
    '',
    '{',
    'null',
    '[]',
    '{"type":"hello","cols":1e9,"rows":2}',
    '{"type":"x"}',
    `"${'x'.repeat(5_000)}"`,
  ];
  for (const text of nonsense) {
    const bad = await connectWire(bob.socketPath);
    bad.send(text);
    expect(await bad.closed).toBe(1008);
  }
  const huge = await connectWire(bob.socketPath, {});
  huge.webSocket.send(Buffer.alloc(100_000));
  expect(await huge.closed).toBe(1009);
  good.webSocket.send(Buffer.from('still here'));
  await eventually('the good one', () => bob.typed() === 'still here');
  await eventually('the others to be gone', () => bob.pane.viewers.size === 1);
});

test('control messages are parsed or refused, never thrown at', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify({ type: 'hello', cols: value })),
      ),
      (text) => {
        parseViewerMessage(text);
        parsePaneMessage(text);
      },
    ),
  );
});

async function imageOf(viewer: WireViewer, cols: number, rows: number): Promise<string[]> {
  const screen = createScreen({ cols, rows });
  screen.write(viewer.text());
  await screen.settled();
  const image = screenImage(screen);
  screen.dispose();
  return image;
}

/** Bytes that this process can't let go of. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
