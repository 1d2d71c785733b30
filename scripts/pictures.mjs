// Makes the pictures of the terminal's views and of the dashboard in docs/pictures: `npm run pictures`. A real team whose models a script plays, real terminals; what differs from run
// to run (times) is written over with fixed values. Needs what `cowork launch` needs; `COWORK_SANDBOX=none` does without VMs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pty from 'node-pty';
import { coworkHome, imagesFolder } from '../src/team/paths.ts';
import { pictureDashboard } from './pictures/dashboard.mjs';
import { RECEIPTS } from './pictures/receipts.mjs';
import { svgOf } from './pictures/svg.mjs';

const root = join(import.meta.dirname, '..');
const out = join(root, 'docs', 'pictures');
const folder = mkdtempSync(join(tmpdir(), 'cowork-pictures-'));
const receipts = join(folder, 'receipts');
const env = {
  ...process.env,
  COWORK_HOME: join(folder, 'home'),
  COWORK_IMAGES: imagesFolder(coworkHome()),
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
};
delete env.NO_COLOR;
const program = join(root, 'bin', 'cowork.js');
const cowork = (...args) =>
  execFileSync(process.execPath, [program, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
const DEADLINE_MS = 300_000;

/** One view: its command, its size, the keys typed and what must be on the screen before each and at the end. */
const VIEWS = [
  {
    name: 'attach',
    title: 'cowork attach ada',
    command: ['attach', 'ada'],
    cols: 104,
    rows: 36,
    steps: [[/Thank you\.[\s\S]*ada · idle/]],
  },
  {
    name: 'panes',
    title: 'cowork panes',
    command: ['panes'],
    cols: 120,
    rows: 36,
    steps: [[/2 ada · idle[\s\S]*3 ben · idle[\s\S]*4 cleo · working/, '2'], [/\n ada .*arrows/]],
  },
  {
    name: 'tasks',
    title: 'cowork attach lead, Ctrl-] t',
    command: ['attach', 'lead'],
    cols: 104,
    rows: 26,
    steps: [[/I wait for cleo[\s\S]*lead · idle/, '\x1dt'], [/t4 /]],
  },
  {
    name: 'mail',
    title: 'cowork attach lead, Ctrl-] m',
    command: ['attach', 'lead'],
    cols: 104,
    rows: 26,
    steps: [[/I wait for cleo[\s\S]*lead · idle/, '\x1dm'], [/ben → ada/]],
  },
  {
    name: 'help',
    title: 'cowork attach ada, Ctrl-] ?',
    command: ['attach', 'ada'],
    cols: 80,
    rows: 24,
    steps: [[/ada · idle/, '\x1d?'], [/detach/]],
  },
  {
    name: 'broadcast',
    title: 'cowork attach ada, Ctrl-] b',
    command: ['attach', 'ada'],
    cols: 80,
    rows: 24,
    steps: [
      [/ada · idle/, '\x1db'],
      [/./, 'Keep the receipts without a date apart.'],
      [/without a date apart/],
    ],
    leave: '\x1b',
  },
  {
    name: 'replay',
    title: 'cowork replay ben',
    command: ['replay', 'ben', '--speed', '100'],
    cols: 104,
    rows: 30,
    steps: [[/idle[\s\S]*the end/]],
    leave: 'q',
  },
  {
    name: 'narrow',
    title: 'cowork attach ben, in 40 columns',
    command: ['attach', 'ben'],
    cols: 40,
    rows: 24,
    steps: [[/ben · idle/]],
  },
];

mkdirSync(receipts);
for (const { number, day, total } of RECEIPTS) {
  const text = `Receipt ${number}\n${day ?? 'no date'}\nTotal ${total.toFixed(2)}\n`;
  writeFileSync(join(receipts, `receipt-${String(number).padStart(2, '0')}.txt`), text);
}
const teammates = ['ada', 'ben', 'cleo'].flatMap((name) => ['--teammate', name]);
try {
  const rehearsal = join(import.meta.dirname, 'pictures', 'job.mjs');
  cowork(
    'launch',
    'Sort my receipts by month and check the sums',
    '-t',
    'receipts',
    ...teammates,
    '--rehearsal',
    rehearsal,
    '--grant',
    receipts,
    '--detach',
  );
  mkdirSync(out, { recursive: true });
  // `npm run pictures -- web`: those of the dashboard alone.
  for (const view of process.argv.includes('web') ? [] : VIEWS) {
    const cast = settle(await record(view), view);
    writeFileSync(join(out, `${view.name}.svg`), await svgOf(cast));
    process.stdout.write(`docs/pictures/${view.name}.svg\n`);
  }
  await pictureDashboard({ home: env.COWORK_HOME, env, team: 'receipts', out });
} finally {
  cowork('stop', '-t', 'receipts');
  rmSync(folder, { recursive: true });
}

/** Runs a view in a terminal and returns what the terminal got. */
async function record({ command, cols, rows, steps, leave = '' }) {
  const terminal = pty.spawn(process.execPath, [program, ...command, '-t', 'receipts'], {
    cols,
    rows,
    name: 'xterm-256color',
    env,
  });
  let raw = '';
  terminal.onData((data) => {
    raw += data;
  });
  const exited = new Promise((resolve) => terminal.onExit(resolve));
  for (const [wanted, keys] of steps) {
    const deadline = Date.now() + DEADLINE_MS;
    while (!wanted.test(await textOf(raw, cols, rows))) {
      if (Date.now() > deadline) throw new Error(`${command.join(' ')} did not show ${wanted}`);
      await delay(200);
    }
    await delay(1_500); // what else is drawn with it
    if (keys !== undefined) terminal.write(keys);
  }
  const shown = raw;
  terminal.write(leave);
  terminal.write('\x1dd');
  await exited;
  return shown;
}

async function textOf(raw, cols, rows) {
  const { createScreen } = await import('../src/pane/screen.ts');
  const screen = createScreen({ cols, rows });
  screen.write(raw);
  await screen.settled();
  const { active } = screen.terminal.buffer;
  const lines = Array.from({ length: rows }, (_, y) =>
    active.getLine(active.baseY + y)?.translateToString(true),
  );
  screen.dispose();
  return lines.join('\n');
}

/** An asciicast of one event, with fixed values for what differs from run to run. */
function settle(raw, { cols, rows, title }) {
  const fixed = raw
    .replaceAll(/(?<!\d)\d+\.\d s\b/g, (time) => '4.2 s'.padStart(time.length))
    .replaceAll(/ · \d+ s\b/g, (time) => ' · 7 s'.padEnd(time.length))
    .replaceAll(/\b\d:\d\d of \d:\d\d\b/g, '0:20 of 0:20')
    .replaceAll(/\b\d\d:\d\d:\d\d\b/g, '09:41:00');
  const head = { version: 2, width: cols, height: rows, title };
  return `${JSON.stringify(head)}\n${JSON.stringify([0, 'o', fixed])}\n`;
}
