import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectQmp } from '../../src/vm/qmp.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A QMP connection to something that answers each command with what `answer` gives. */
async function connected(answer: (id: number) => string) {
  const server = net.createServer((socket) => {
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
    socket.on('error', () => {});
    let count = 0;
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const { id } = JSON.parse(line);
        socket.write(count++ === 0 ? `{"return": {}, "id": ${id}}\r\n` : answer(id));
      }
    });
  });
  server.listen(join(await temporaryFolder(), 'qmp'));
  await once(server, 'listening');
  const socket = net.connect(server.address() as string);
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  return { qmp: await connectQmp(socket), socket };
}

test('events and replies to others come between a command and its reply', async () => {
  const { qmp } = await connected(
    (id) =>
      `{"event": "STOP"}\r\n{"return": 1, "id": 999}\r\n{"return": {"status": "paused"}, "id": ${id}}\r\n`,
  );
  expect(await qmp.execute('query-status')).toEqual({ status: 'paused' });
});

test.each([
  ['no JSON', () => 'hello\r\n'],
  ['no reply', () => '[1, 2]\r\n'],
  ['an error without words', (id: number) => `{"error": 7, "id": ${id}}\r\n`],
  ['a line without an end', () => 'x'.repeat(2_000_000)],
])('a QEMU that says %s is cut off, which its keeper survives', async (_, answer) => {
  const { qmp, socket } = await connected(answer);
  await expect(qmp.execute('query-status', {}, 30_000)).rejects.toThrow('QEMU ended');
  expect(socket.destroyed).toBe(true);
});
