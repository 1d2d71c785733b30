// Figures of panes, one JSON object a line: `node bench/pane.ts`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pty from 'node-pty';
import { connectPane } from '../src/pane/connection.ts';
import { createFilter } from '../src/pane/filter.ts';
import { createPane } from '../src/pane/pane.ts';
import { servePane } from '../src/pane/serve.ts';
import { coworkHome, imagesFolder } from '../src/team/paths.ts';

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

// The real viewer in a terminal of its own: from its first byte to the agent's screen.
{
  await using pane = createPane({ cols: 100, rows: 39 });
  pane.output(Buffer.from(`${line.repeat(39)}the last line`));
  await pane.recorded();
  const socketPath = join(folder, 'first', 'keeper.sock');
  await using _served = await servePane(pane, { socketPath, status: () => status });
  const times: number[] = [];
  for (let i = 0; i < 21; i++) {
    const viewer = runClient('attach-client.ts', { sockets: { bob: socketPath }, agent: 'bob' });
    await viewer.shows('\x1b[?1049h');
    const began = performance.now();
    await viewer.shows('the last line');
    times.push(performance.now() - began);
    viewer.program.write('\x1dd');
    await viewer.exited;
  }
  print('start of attach to first full screen, p50', middle(times), 'ms');
}

// Sixteen busy agents on one terminal: what their viewer costs.
{
  const agents = Array.from({ length: 16 }, (_, i) => `a${i + 1}`);
  const panes = agents.map(() => createPane({ cols: 100, rows: 30 }));
  const sockets = Object.fromEntries(agents.map((name) => [name, join(folder, name, 'keeper.sock')]));
  const served = await Promise.all(
    panes.map((pane, i) => servePane(pane, { socketPath: sockets[`a${i + 1}`] ?? '', status: () => status })),
  );
  const piece = Buffer.from(line.repeat(Math.ceil(50_000 / line.length)));
  let bytes = 0;
  const flow = setInterval(() => {
    for (const pane of panes) if (pane.output(piece)) bytes += piece.length;
  }, 50);
  const viewer = runClient('panes-client.ts', { sockets }, { cols: 160, rows: 50 });
  await viewer.shows('a16');
  const [began, cpu, sent] = [performance.now(), cpuMs(viewer.program.pid), bytes];
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  const ms = performance.now() - began;
  print('output of each of 16 agents', (bytes - sent) / 1e3 / ms / 16, 'MB/s');
  print('their viewer, of one core', ((cpuMs(viewer.program.pid) - cpu) / ms) * 100, '%');
  clearInterval(flow);
  viewer.program.kill('SIGKILL');
  for (const each of served) await each[Symbol.asyncDispose]();
  for (const pane of panes) await pane[Symbol.asyncDispose]();
}

// A key at an agent's prompt until it stands there: through the keeper, with the agent as a process of the host and in a virtual machine.
for (const sandbox of ['none', 'vm']) {
  const home = await mkdtemp(join(folder, 'home-'));
  const env = { ...process.env, COWORK_HOME: home, COWORK_IMAGES: imagesFolder(coworkHome()) };
  const cowork = (...args: string[]): string =>
    execFileSync(process.execPath, [join(import.meta.dirname, '..', 'bin', 'cowork.js'), ...args], {
      env,
      encoding: 'utf8',
    });
  const script = join(import.meta.dirname, '..', 'test', 'fixtures', 'puppet.ts');
  const flags = ['-t', 'keys', '--teammates', '1', '--rehearsal', script, '--sandbox', sandbox, '--json'];
  const { dir, agents } = JSON.parse(cowork('launch', 'Wait', ...flags)) as { dir: string; agents: string[] };
  const times: number[] = [];
  let received: () => void = () => undefined;
  const hello = { cols: 100, rows: 30, readOnly: false, scrollback: 0, name: '' };
  const ignore = (): void => undefined;
  const socketPath = join(dir, 'agents', agents[1] ?? '', 'keeper.sock');
  const connection = connectPane(socketPath, hello, {
    message: ignore,
    bytes: () => received(),
    closed: ignore,
  });
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  for (let i = 0; i < 60; i++) {
    const echo = new Promise<void>((resolve) => {
      received = resolve;
    });
    const began = performance.now();
    connection.input(Buffer.from('x'));
    await echo;
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  print(
    `key to echo at an agent, p50, ${sandbox === 'vm' ? 'in a virtual machine' : 'as a process of the host'}`,
    middle(times),
    'ms',
  );
  connection.detach();
  cowork('stop', '-t', 'keys');
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

/** One of the clients of the tests in a terminal. */
function runClient(client: string, given: object, size = { cols: 100, rows: 40 }) {
  const file = join(import.meta.dirname, '..', 'test', 'pane', 'fixtures', client);
  const program = pty.spawn(process.execPath, [file, JSON.stringify(given)], {
    ...size,
    name: 'xterm-256color',
  });
  let raw = '';
  let look = (): void => undefined;
  program.onData((data) => {
    raw = (raw + data).slice(-1_000_000);
    look();
  });
  const exited = new Promise<unknown>((resolve) => program.onExit(resolve));
  const shows = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`the terminal never showed ${JSON.stringify(text)}`)),
        20_000,
      );
      look = () => {
        if (!raw.includes(text)) return;
        clearTimeout(late);
        resolve();
      };
      look();
    });
  return { program, shows, exited };
}

/** Processor time of a process so far, in milliseconds (proc(5): ticks of 10 ms). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function middle(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
