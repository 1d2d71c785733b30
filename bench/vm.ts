// What a machine costs: from spawning a teammate to its first model request, warm and cold in one run; from start to running; memory at rest; processor
// time of paused machines; and many agents at once. One JSON line each. Needs dist/ and the guest image.
//   node bench/vm.ts [AGENTS]      how many agents the last figure takes; default 32, 0 leaves it out
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { builtProgram } from '../src/store/package-root.ts';
import {
  agentFile,
  coworkHome,
  imagesFolder,
  keeperLog,
  supervisorLog,
  teamFolder,
} from '../src/team/paths.ts';
import { addTeammate } from '../src/team/roster.ts';
import { findAccelerator } from '../src/vm/accelerator.ts';
import { findConfinement } from '../src/vm/confinement.ts';
import { ensureImage } from '../src/vm/image/build.ts';
import { startMachine } from '../src/vm/machine.ts';
import { cpuSeconds } from '../src/vm/process-usage.ts';
import { ensureCurrentTemplate } from '../src/vm/template/current.ts';

const RUNS = 7;
const HOW = {
  standby: 'a keeper stands by',
  template: 'restored from the template',
  cold: 'cold',
} as const;
const images = imagesFolder(coworkHome());
const root = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
const env = { ...process.env, COWORK_HOME: join(root, 'home'), COWORK_IMAGES: images };
const image = await ensureImage({ directory: images });
const { accelerator } = await findAccelerator();
// Found once, as a keeper finds it while it looks for the template.
const confinement = await findConfinement();
const template = await ensureCurrentTemplate(image, { env });
const say = (figure: object): void => {
  const line = { bench: 'vm', accelerator, load: Math.round((loadavg()[0] ?? 0) * 10) / 10, ...figure };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

try {
  await restores();
  await firstRequests();
  const agents = Number(process.argv[2] ?? 32);
  if (agents > 0) crowd(agents);
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** From the call that starts a machine to its processor running, one after the other and eight at once. */
async function restores(): Promise<void> {
  const alone: number[] = [];
  for (let run = 0; run < RUNS; run++) alone.push(await restored(run));
  const together = await Promise.all(Array.from({ length: 8 }, (_, index) => restored(index)));
  say({ figure: 'restore to running', medianMs: median(alone), runs: alone.length });
  say({ figure: 'restore to running, 8 at once', lastMs: Math.max(...together) });
}

async function restored(index: number): Promise<number> {
  const started = performance.now();
  await using _machine = await startMachine({
    ...{ image, agentBundle: builtProgram('agent.mjs'), accelerator, confinement, name: `bench-${index}` },
    memory: { birth: 'restore', file: template.memory, state: template.state },
  });
  return Math.round(performance.now() - started);
}

/** From the entry in the roster to the request at a model server, with a keeper started in between; then what these machines cost at rest. */
async function firstRequests(): Promise<void> {
  const arrivals = new Map<string, number>();
  const server = await modelServer(arrivals);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const figures: Record<string, number> = {};
  for (const [how, runs, start] of [
    ['standby', RUNS, { COWORK_WARM_START: 'on', COWORK_STANDBY: 'on' }],
    ['template', RUNS, { COWORK_WARM_START: 'on', COWORK_STANDBY: 'off' }],
    ['cold', 3, { COWORK_WARM_START: 'off' }],
  ] as const) {
    const home = join(root, how);
    const asked = { ...env, COWORK_HOME: home, ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'none' };
    const cowork = (...args: string[]) => run([...args, '--json'], { ...asked, ...start });
    cowork('launch', 'Measure', '--team', how, '--teammates', '0', '--model', 'none', '--detach');
    const dir = teamFolder(home, how);
    await untilAtRest(dir, ['lead']);
    const names = Array.from({ length: runs }, (_, index) => `${how}-${index}`);
    const times: number[] = [];
    const steps: Record<string, number>[] = [];
    const cpu: number[] = [];
    for (const name of names) {
      cowork('tasks', 'add', `Task of ${name}`, '--team', how);
      // Of a machine that stands by, what it used before does not count.
      const before = how === 'standby' ? cpuSeconds(await machineThatStandsBy(dir)) : 0;
      const [started, startedAt] = [performance.now(), Date.now()];
      await addTeammate(dir, { name, role: 'bench', prompt: '', model: undefined });
      while (!arrivals.has(name)) await delay(2);
      cpu.push(Math.round((cpuSeconds(agentRecord(dir, name).vmPid) - before) * 1000));
      times.push((arrivals.get(name) ?? 0) - started);
      steps.push(stepsOf(dir, name, startedAt));
      // Nothing of it runs beside the next one.
      await untilAtRest(dir, [name]);
    }
    figures[how] = Math.round(median(times));
    say({
      figure: `spawn to first model request, ${HOW[how]}`,
      ...{ medianMs: figures[how], runs, all: times.map(Math.round) },
      ...{ machineCpuMs: median(cpu), reachedMs: medians(steps) },
    });
    if (how === 'template') await atRest(dir, names);
    cowork('stop', '--team', how);
  }
  const { standby = 1, template: restored = 1, cold = 0 } = figures;
  const times = (ms: number) => Math.round((10 * cold) / ms) / 10;
  say({ figure: 'sooner than cold', standsBy: times(standby), fromTemplate: times(restored) });
  server.closeAllConnections();
  server.close();
}

/** Waits until the supervisor has a keeper that stands by, which it has 5 to 10 s after the last start; returns the process of its machine. */
async function machineThatStandsBy(dir: string): Promise<number> {
  const deadline = performance.now() + 120_000;
  while (performance.now() < deadline) {
    const last = readFileSync(supervisorLog(dir), 'utf8').split('"event":"standby",').at(-1) ?? '';
    const machine = /^"ready":\d+,"machine":(\d+)/.exec(last)?.[1];
    if (machine !== undefined) return Number(machine);
    await delay(100);
  }
  throw new Error('no keeper stands by');
}

/** When an agent's start reached what, by its keeper's log, milliseconds. */
function stepsOf(dir: string, name: string, startedAt: number): Record<string, number> {
  const reached: Record<string, number> = {};
  for (const line of readFileSync(keeperLog(dir, name), 'utf8').trim().split('\n')) {
    const { time, event, step, path } = JSON.parse(line) as Record<string, string>; // pino's lines
    const what = event === 'start_step' ? step : event === 'gate' ? `answered ${path}` : undefined;
    if (what !== undefined) reached[what] ??= Number(time) - startedAt;
  }
  return reached;
}

function medians(runs: readonly Record<string, number>[]): Record<string, number> {
  const names = Object.keys(runs[0] ?? {}).filter((name) => runs.every((run) => name in run));
  const entries = names.map((name): [string, number] => [name, median(runs.map((run) => run[name] ?? 0))]);
  return Object.fromEntries(entries.toSorted(([, a], [, b]) => a - b));
}

function agentRecord(dir: string, name: string): { vmPid: number; state: string; reason: string } {
  return JSON.parse(readFileSync(agentFile(dir, name), 'utf8'));
}

/** Waits until these are paused; a lead that has ended its turn while tasks are open waits for the user instead. */
async function untilAtRest(dir: string, names: readonly string[]): Promise<void> {
  const deadline = performance.now() + 120_000;
  const isAtRest = (name: string) => {
    const { state, reason } = agentRecord(dir, name);
    return reason.startsWith('paused') || state === 'waiting';
  };
  while (!names.every(isAtRest)) {
    if (performance.now() > deadline) throw new Error(`not all of ${names.join(', ')} came to rest`);
    await delay(50);
  }
}

async function atRest(dir: string, names: readonly string[]): Promise<void> {
  const pids = names.map((name) => agentRecord(dir, name).vmPid);
  say({ figure: 'private memory of an idle agent', medianMiB: median(pids.map(privateMiB)) });
  const before = pids.map(cpuSeconds);
  await delay(10_000);
  const used = pids.map((pid, index) => cpuSeconds(pid) - (before[index] ?? 0));
  say({
    figure: 'processor time of paused agents in 10 s',
    agents: names.length,
    mostSeconds: Math.max(...used),
  });
}

/** A whole job of a team: every agent is alive at once, and its machine is one of these. */
function crowd(agents: number): void {
  const folder = join(root, 'words');
  spawnSync('mkdir', ['-p', folder]);
  writeFileSync(join(folder, 'words.txt'), 'one two three four\n');
  const script = join(import.meta.dirname, '../test/fixtures/count.ts');
  const started = performance.now();
  const launch = [
    'launch',
    'Count',
    '--team',
    'crowd',
    '--teammates',
    String(agents - 1),
    '--rehearsal',
    script,
  ];
  const { agents: names = [] } = run([...launch, '--grant', folder, '--detach', '--json'], env) as {
    agents?: string[];
  };
  const readyMs = Math.round(performance.now() - started);
  const { state } = run(['wait', '--team', 'crowd', '--timeout', '900', '--json'], env) as { state?: string };
  const seconds = Math.round((performance.now() - started) / 1000);
  say({
    figure: `${agents} agents at once do a rehearsed job`,
    state,
    alive: names.length,
    readyMs,
    seconds,
  });
  run(['stop', '--team', 'crowd', '--json'], env);
}

function run(args: string[], environment: NodeJS.ProcessEnv): object {
  const program = join(import.meta.dirname, '..', 'bin', 'cowork.js');
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: environment,
  });
  if (stdout.trim() === '') process.stderr.write(stderr);
  return JSON.parse(stdout.trim() || '{}') as object; // what a command prints with --json
}

/** Notes when each agent asks first, and ends its turn. */
async function modelServer(arrivals: Map<string, number>): Promise<http.Server> {
  const answer = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'none',
        content: [],
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Done.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 1 },
    },
    { type: 'message_stop' },
  ];
  const server = http.createServer((request, response) => {
    const name = String(request.headers['x-cowork-agent']);
    if (!arrivals.has(name)) arrivals.set(name, performance.now());
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        answer.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Memory that only this process has, MiB. Source: proc(5), smaps_rollup. */
function privateMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].reduce(
    (sum, [, size]) => sum + Number(size),
    0,
  );
  return Math.round(kib / 1024);
}
