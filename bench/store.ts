import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMailbox } from '../src/mailbox/mailbox.ts';
import { openTaskList } from '../src/tasklist/tasklist.ts';

// Prints one JSON line per figure: what a send and a claim cost here, next to what others do, in one run.
// All times are milliseconds; run it on a quiet machine and read the ratios.

interface Load {
  kind: 'send' | 'array' | 'claim' | 'bare';
  dir: string;
  writers: number;
  /** For each writer. */
  count: number;
  durable: boolean;
}

const worker = fileURLToPath(new URL('./support/store-worker.ts', import.meta.url));
const print = (line: object) => process.stdout.write(`${JSON.stringify({ bench: 'store', ...line })}\n`);

for (const [existing, writers] of [
  [10, 1],
  [1000, 1],
  [100_000, 1],
  [10, 16],
  [1000, 16],
  [100_000, 16],
] as const) {
  for (const durable of [true, false]) {
    await inFolder(async (dir) => {
      fillInbox(dir, existing);
      const name = `send, ${durable ? 'durable' : 'not durable'}`;
      print({ name, writers, existing, ...(await run({ kind: 'send', dir, writers, count: 50, durable })) });
    });
  }
  if (existing > 1000) continue; // minutes, for the array
  await inFolder(async (dir) => {
    const message = { from: 'ann', text: 'm'.repeat(500), read: true };
    writeFileSync(join(dir, 'inbox.json'), JSON.stringify(Array(existing).fill(message)));
    const name = 'JSON array under proper-lockfile';
    print({
      name,
      writers,
      existing,
      ...(await run({ kind: 'array', dir, writers, count: 50, durable: false })),
    });
  });
}

for (const durable of [true, false]) {
  await inFolder(async (dir) => {
    const name = `bare append${durable ? ' and fdatasync' : ''}`;
    print({ name, writers: 1, ...(await run({ kind: 'bare', dir, writers: 1, count: 500, durable })) });
  });
  await inFolder(async (dir) => {
    const tasks = openTaskList(dir, { durable: false });
    for (let i = 0; i < 5000; i++) await tasks.create({ by: 'lead', incarnation: 1, subject: `task ${i}` });
    const name = `claims of 5,000 tasks, ${durable ? 'durable' : 'not durable'}`;
    print({ name, writers: 8, ...(await run({ kind: 'claim', dir, writers: 8, count: 0, durable })) });
  });
}

for (const existing of [10, 100_000]) {
  await inFolder(async (dir) => {
    fillInbox(dir, existing);
    const start = performance.now();
    const read = (await openMailbox(dir).log()).length;
    print({ name: 'first look at an inbox', existing, read, ms: round(performance.now() - start) });
  });
}

async function run({ writers, ...load }: Load): Promise<Record<string, number>> {
  const children = Array.from({ length: writers }, (_, i) =>
    spawn(process.execPath, [worker, JSON.stringify({ ...load, by: `agent-${i}` })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const outputs = children.map(() => '');
  const ended = children.map((child, i) => {
    child.stdout.on('data', (chunk) => {
      outputs[i] += chunk;
    });
    return once(child, 'close');
  });
  while (!outputs.every((output) => output.startsWith('ready')))
    await new Promise((resolve) => setTimeout(resolve, 10));
  const start = performance.now();
  writeFileSync(join(load.dir, 'go'), '');
  await Promise.all(ended);
  const seconds = (performance.now() - start) / 1000;
  const results = outputs.map((output) => JSON.parse(output.split('\n')[1] ?? '{}'));
  const taken: number[] = results.flatMap((result) => result.taken).sort((a: number, b: number) => a - b);
  const shares: number[] = results.map((result) => result.taken.length);
  return {
    p50: round(taken[Math.floor(taken.length / 2)] ?? 0),
    p95: round(taken[Math.floor(taken.length * 0.95)] ?? 0),
    worst: round(taken.at(-1) ?? 0),
    perSecond: Math.round(taken.length / seconds),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
    fewest: Math.min(...shares),
    most: Math.max(...shares),
  };
}

function fillInbox(dir: string, count: number): void {
  mkdirSync(join(dir, 'mailbox', 'bob'), { recursive: true });
  const head = {
    v: 1,
    type: 'message',
    by: 'ann',
    incarnation: 1,
    at: '2026-01-01T00:00:00.000Z',
    to: 'bob',
  };
  const body = {
    kind: 'message',
    priority: 'steer',
    text: 'm'.repeat(500),
    replyTo: null,
    broadcastId: null,
  };
  const lines = Array.from(
    { length: count },
    (_, i) => `\n${JSON.stringify({ id: `ID${i}`, ...head, ...body })}\n`,
  );
  writeFileSync(join(dir, 'mailbox', 'bob', 'inbox.jsonl'), lines.join(''));
}

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
