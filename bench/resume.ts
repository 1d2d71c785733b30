// `npm run bench -- resume`: how soon a team works again. One JSON line for each figure; times are milliseconds from the call, or the kill, to the agent's next
// request at a model server; where agents come back at rest, until all can take work. Needs dist/ and the guest image.
//   node bench/resume.ts [vm|none]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentStatus } from '../src/protocol/team.ts';
import { teamStatus } from '../src/supervisor/team-status.ts';
import { readLedger } from '../src/team/ledger.ts';
import { coworkHome, imagesFolder, teamFolder, transcriptFile } from '../src/team/paths.ts';

const SANDBOX = process.argv[2] ?? 'vm';
const AGENTS = 8;
/** Each with another right after it. */
const CRASHES = 3;
/** After so long without anybody who starts, a machine stands by; it is made after 3 s of calm. */
const STANDBY_MS = 10_000;
const RUNS = 3;
const LIMIT_MS = 180_000;
const root = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
// Whoever reads the figures may go before the end: what was started is ended all the same.
process.stdout.on('error', () => {});
const home = join(root, 'home');
const folder = join(root, 'mine');
mkdirSync(folder);
/** A reply that says one word and ends the turn. */
const usage = { input_tokens: 10, output_tokens: 5 };
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage };
const answer = [
  { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Here.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
  { type: 'message_stop' },
]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join('');
/** Whether the server takes requests and answers none. */
let isSilent = false;
const asked: { agent: string; incarnation: number; at: number }[] = [];
const server = http.createServer((request, response) => {
  const { 'x-cowork-agent': agent, 'x-cowork-incarnation': incarnation } = request.headers;
  asked.push({ agent: String(agent), incarnation: Number(incarnation), at: performance.now() });
  request.resume();
  const mayAnswer = !isSilent;
  request.once(
    'end',
    () => mayAnswer && response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const env = {
  ...process.env,
  ...{ COWORK_HOME: home, COWORK_IMAGES: imagesFolder(coworkHome()), ANTHROPIC_API_KEY: 'none' },
  ANTHROPIC_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
};

const say = (figure: object): void => {
  const line = {
    bench: 'resume',
    sandbox: SANDBOX,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    ...figure,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const target = (what: string, value: number, wanted: string, met: boolean): void =>
  say({ target: what, value, wanted, met });
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

try {
  await wholeTeam();
  await longTranscript();
  history();
} finally {
  for (const team of ['whole', 'long']) await cowork('stop', '-t', team).catch(() => {});
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
}

/** A crash of one machine after the other, and then a team of eight that was stopped. */
async function wholeTeam(): Promise<void> {
  await launch('whole', AGENTS - 1);
  const dir = teamFolder(home, 'whole');
  // Who was never told anything has nothing to go on with.
  const told = performance.now();
  await cowork('broadcast', 'Are you there?', '-t', 'whole');
  for (const agent of names(dir)) await request(agent, 1, told);
  const crashes: number[] = [];
  const further: number[] = [];
  for (let i = 0; i < CRASHES; i++) {
    await calm(STANDBY_MS);
    crashes.push(await crash(dir, 2 * i + 1));
    further.push(await crash(dir, 2 * i + 2));
  }
  say({ name: 'a crashed agent asks its model again', runs: crashes.map(Math.round) });
  say({ name: 'another one right after it, for which no machine stands by', runs: further.map(Math.round) });
  target(
    'a crashed agent works again, median in ms',
    Math.round(median(crashes)),
    '≤ 2000',
    median(crashes) <= 2000,
  );
  await comeBack(dir);
  await comeBackWithWork(dir);
}

/** Kills the machine of the nth agent; how long until that agent asks its model again. */
async function crash(dir: string, nth: number): Promise<number> {
  const machine = readLedger(dir).filter(({ what, incarnation }) => what === 'machine' && incarnation === 1)[
    nth
  ];
  if (machine?.process === undefined) throw new Error('no such machine');
  const at = performance.now();
  process.kill(machine.process.pid, 'SIGKILL');
  return (await request(machine.agent, 2, at)) - at;
}

/** Teammates that had nothing to do: from the command until `status` shows all as idle or working, and from a message to one to its request. */
async function comeBack(dir: string): Promise<void> {
  const back: number[] = [];
  const answers: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    await calm();
    await cowork('stop', '-t', 'whole');
    const lives = new Map((await agents(dir)).map(({ name, incarnation }) => [name, incarnation]));
    const at = performance.now();
    await cowork('resume', '-t', 'whole', '--detach', '--json');
    const isBack = ({ name, state, incarnation }: AgentStatus) =>
      incarnation > (lives.get(name) ?? 0) && ['idle', 'working'].includes(state);
    while (!(await agents(dir)).every(isBack)) await delay(20);
    back.push(performance.now() - at);
    const teammate = names(dir).findLast((name) => name !== 'lead') ?? '';
    const sent = performance.now();
    await cowork('send', teammate, 'Are you there?', '-t', 'whole');
    answers.push((await request(teammate, 0, sent)) - sent);
  }
  say({ name: `a team of ${AGENTS} is back after resume, seven at rest`, runs: back.map(Math.round) });
  say({ name: 'one at rest asks its model after a message right then', runs: answers.map(Math.round) });
  const [whole, answer] = [median(back), median(answers)].map(Math.round) as [number, number];
  target(`team of ${AGENTS} back, median in ms`, whole, '≤ 6000', whole <= 6000);
  target('first answer of one at rest, median in ms', answer, '≤ 3000', answer <= 3000);
}

/** All were asked something and had not got an answer: each needs a machine, and asks again. */
async function comeBackWithWork(dir: string): Promise<void> {
  const resumes: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    await calm();
    isSilent = true;
    const told = performance.now();
    await cowork('broadcast', 'Do this.', '-t', 'whole');
    for (const agent of names(dir)) await request(agent, 0, told);
    await cowork('stop', '-t', 'whole');
    isSilent = false;
    const at = performance.now();
    await cowork('resume', '-t', 'whole', '--detach', '--json');
    const all = await Promise.all(names(dir).map((agent) => request(agent, 0, at)));
    resumes.push(Math.max(...all) - at);
  }
  const last = Math.round(median(resumes));
  say({ name: `the last of ${AGENTS} with work in hand asks its model`, runs: resumes.map(Math.round) });
  target(`team of ${AGENTS} with work in hand works again, median in ms`, last, '≤ 6000', last <= 6000);
  await cowork('stop', '-t', 'whole');
}

async function agents(dir: string): Promise<AgentStatus[]> {
  return (await teamStatus(dir)).agents;
}

/** The same lead with 100 turns behind it, and with 10,000; each has summed up 50 turns ago, as a conversation of such a length has. */
async function longTranscript(): Promise<void> {
  await launch('long', 0);
  await cowork('stop', '-t', 'long');
  const times = new Map<number, number[]>([
    [100, []],
    [10_000, []],
  ]);
  for (let i = 0; i < RUNS; i++) {
    for (const [turns, taken] of times) {
      writeFileSync(transcriptFile(teamFolder(home, 'long'), 'lead'), transcriptOf(turns));
      const at = performance.now();
      await cowork('resume', '-t', 'long', '--detach', '--json');
      taken.push((await request('lead', 0, at)) - at);
      await cowork('stop', '-t', 'long');
    }
  }
  const [short = 0, long = 0] = [...times.values()].map(median);
  say({ name: 'a lead asks its model after resume', turns: 100, medianMs: Math.round(short) });
  say({ name: 'a lead asks its model after resume', turns: 10_000, medianMs: Math.round(long) });
  const ratio = Math.round((long / short) * 100) / 100;
  target('10,000 turns cost as many times 100', ratio, '≤ 2', ratio <= 2);
}

function transcriptOf(turns: number): string {
  const head = { v: 1, by: 'lead', incarnation: 1, at: '2026-01-01T00:00:00.000Z' };
  const words = 'The quick brown fox jumps over the lazy dog. '.repeat(6);
  let n = 0;
  const line = (type: string, content: object[]) =>
    `\n${JSON.stringify({ ...head, id: `T${n++}`, type, entry: { type, content } })}\n`;
  const lines = [line('user', [{ type: 'text', text: 'The job is yours. Begin.' }])];
  for (let turn = 1; turn <= turns; turn++) {
    const id = `toolu_${turn}`;
    lines.push(
      line('assistant', [
        { type: 'text', text: words },
        { type: 'tool_use', id, name: 'bash', input: { command: `echo ${turn}` } },
      ]),
    );
    lines.push(line('user', [{ type: 'tool_result', tool_use_id: id, content: words }]));
    if (turn % 500 === 0 || turn === turns - 50)
      lines.push(line('compacted', [{ type: 'text', text: words }]));
  }
  return lines.join('');
}

/** A search among 1,000 teams is a benchmark of its own. */
function history(): void {
  const { stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'history.ts')], {
    encoding: 'utf8',
  });
  for (const line of stdout.split('\n')) if (line.includes('"target"')) process.stdout.write(`${line}\n`);
}

async function launch(team: string, teammates: number): Promise<void> {
  const flags = [
    '--teammates',
    String(teammates),
    '--sandbox',
    SANDBOX,
    '--grant',
    folder,
    '--detach',
    '--json',
  ];
  const at = performance.now();
  await cowork('launch', 'Say that you are there.', '--team', team, ...flags);
  await request('lead', 1, at);
}

function names(dir: string): string[] {
  const machines = readLedger(dir).filter(({ what }) => what === 'machine');
  return [...new Set(machines.map(({ agent }) => agent))];
}

/** When an agent has asked in a life from this one on, after a moment. */
async function request(agent: string, incarnation: number, after: number): Promise<number> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const found = asked.find(
      (one) => one.agent === agent && one.incarnation >= incarnation && one.at > after,
    );
    if (found !== undefined) return found.at;
    if (performance.now() > deadline)
      throw new Error(`${agent} has asked nothing within ${LIMIT_MS / 1000} s`);
    await delay(10);
  }
}

/** Waits until nobody has asked for a while. */
async function calm(forMs = 3_000): Promise<void> {
  for (;;) {
    const before = asked.length;
    await delay(forMs);
    if (asked.length === before) return;
  }
}

/** Runs a command of cowork; its processes belong to the team, not to us. */
async function cowork(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../bin/cowork.js'), ...args], {
    env,
    cwd: folder,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`cowork ${args.join(' ')}: ${said}`);
  return said;
}
