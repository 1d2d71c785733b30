// Figures of panes, one JSON object a line: `node bench/pane.ts`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPane } from '../src/pane/connection.ts';
import { createFilter } from '../src/pane/filter.ts';
import { createPane } from '../src/pane/pane.ts';
import { servePane } from '../src/pane/serve.ts';

const print = (figure: string, value: number, unit: string): void =>
  console.log(JSON.stringify({ bench: 'pane', figure, value: Number(value.toFixed(2)), unit }));

const folder = await mkdtemp(join(tmpdir(), 'cowork-bench-'));
const status = { agent: 'bob', state: 'working', task: null, tokens: { input: 0, output: 0 }, unread: 0 };
const line = `\x1b[32m12:00:01\x1b[m \x1b[1mbash\x1b[m ls -l /grants/mails | head ─ 漢字 and some more text to fill it\r\n`;
const chunk = Buffer.from(line.repeat(Math.ceil(65_536 / line.length)));
const megabytes = 32;
const chunks = Math.ceil((megabytes * 1024 * 1024) / chunk.length);

{
  const filter = createFilter();
  const began = performance.now();
  for (let i = 0; i < chunks; i++) filter.push(chunk);
  print('filter throughput', (chunks * chunk.length) / 1e3 / (performance.now() - began), 'MB/s');
}

for (const viewers of [0, 4]) {
  await using pane = createPane({ cols: 100, rows: 40, recordingFile: join(folder, `${viewers}.cast`) });
  const socketPath = join(folder, `v${viewers}`, 'keeper.sock');
  await using _served = await servePane(pane, { socketPath, status: () => status });
  const connections = Array.from({ length: viewers }, () => watch(socketPath, 0));
  await Promise.all(connections.map(({ first }) => first));
  const began = performance.now();
  for (let i = 0; i < chunks; i++) if (!pane.output(chunk)) await pane.drained();
  await pane.recorded();
  const rate = (chunks * chunk.length) / 1e3 / (performance.now() - began);
  print(`pane throughput with recording and ${viewers} viewers`, rate, 'MB/s');
  for (const { connection } of connections) connection.detach();
}

for (const scrollback of [0, 500, 5_000]) {
  await using pane = createPane({ cols: 100, rows: 40 });
  pane.output(Buffer.from(line.repeat(6_000)));
  await pane.recorded();
  const socketPath = join(folder, `s${scrollback}`, 'keeper.sock');
  await using _served = await servePane(pane, { socketPath, status: () => status });
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const began = performance.now();
    const { connection, first } = watch(socketPath, scrollback);
    await first;
    times.push(performance.now() - began);
    connection.detach();
  }
  times.sort((a, b) => a - b);
  print(`attach to first full screen, p50, ${scrollback} lines back`, times[20] ?? 0, 'ms');
}
await rm(folder, { recursive: true });
process.exit();

function watch(socketPath: string, scrollback: number) {
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const hello = { cols: 100, rows: 40, readOnly: true, scrollback, name: '' };
  const ignore = (): void => undefined;
  const connection = connectPane(socketPath, hello, {
    message: ignore,
    bytes: () => resolve(),
    closed: ignore,
  });
  return { connection, first };
}
