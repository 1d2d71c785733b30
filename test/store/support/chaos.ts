import { readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { openMailbox } from '../../../src/mailbox/mailbox.ts';
import { openFileBackend } from '../../../src/store/file-backend.ts';
import { createLockReaper } from '../../../src/store/lock-reaper.ts';
import { openTaskList } from '../../../src/tasklist/tasklist.ts';
import { type Child, startChild } from './child.ts';

export interface ChaosOptions {
  dir: string;
  processes: number;
  tasks: number;
  /** All together. */
  messages: number;
  /** How many times something is killed, paused or robbed. */
  badLuck: number;
  /** Pause between two pieces of bad luck, in milliseconds. */
  everyMs: number;
  timeoutMs: number;
}

const HOUR_MS = 3_600_000;
const here = new URL('./', import.meta.url).href;

/** What happened in a run, for people. */
export interface ChaosReport {
  kills: number;
  pauses: number;
  steals: number;
}

/**
 * Lets processes work while they are killed and paused at random, their clocks are off by up to an hour, and the lock is
 * stolen. Returns once every task is done once and every message is acked once; fails when that does not come about.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { dir, processes, everyMs, timeoutMs } = options;
  const segmentBytes = 64 * 1024;
  const backend = openFileBackend(dir, { durable: false, segmentBytes });
  const tasks = openTaskList(dir, { backend, isOwner: true, onMalformed: () => {} });
  const mailbox = openMailbox(dir, { backend });
  for (let i = 0; i < options.tasks; i++)
    await tasks.create({ by: 'lead', incarnation: 1, subject: `task ${i}` });

  const names = Array.from({ length: processes }, (_, i) => `agent-${i}`);
  const each = Math.ceil(options.messages / processes);
  const start = (by: string, incarnation: number): Child =>
    startChild(here, 'chaos-worker', {
      ...{ dir, by, incarnation, peers: names.filter((name) => name !== by), messages: each, segmentBytes },
      skewMs: Math.round((Math.random() * 2 - 1) * HOUR_MS),
    });
  const crew = names.map((by) => ({ by, incarnation: 1, child: start(by, 1) }));
  const report: ChaosReport = { kills: 0, pauses: 0, steals: 0 };
  const log = join(dir, 'tasks', 'journal.jsonl');
  const reaper = createLockReaper(log, { unnamedMs: 500 });

  const nextLife = async (member: (typeof crew)[number], reason: string) => {
    await tasks.releaseIncarnation({ agent: member.by, incarnation: member.incarnation, reason });
    member.incarnation++;
    member.child = start(member.by, member.incarnation);
  };
  const badLuck = async () => {
    const member = crew[Math.floor(Math.random() * crew.length)];
    if (member === undefined) return;
    const { child } = member;
    const kind = Math.random();
    if (kind < 0.5) {
      report.kills++;
      child.kill('SIGKILL');
      await child.ended;
      await nextLife(member, 'killed');
    } else if (kind < 0.8) {
      report.pauses++;
      child.kill('SIGSTOP');
      await delay(everyMs);
      // Taken for dead, and it wakes: what it still does to tasks does not count, and it finds that out.
      await tasks.releaseIncarnation({ agent: member.by, incarnation: member.incarnation, reason: 'paused' });
      child.kill('SIGCONT');
      await child.ended;
      await nextLife(member, 'paused');
    } else {
      report.steals++;
      rmSync(`${log}.lock-owner`, { force: true });
      try {
        rmdirSync(`${log}.lock`);
      } catch {
        // Nobody had it.
      }
    }
  };

  const isDone = async (): Promise<boolean> => {
    reaper.reapDeadLock();
    await tasks.compact();
    await mailbox.compact();
    const open = (await tasks.list()).filter(({ state }) => state !== 'completed');
    if (open.length > 0) return false;
    const all = await mailbox.log();
    return all.length === each * processes && all.every(({ state }) => state === 'acked');
  };
  const deadline = performance.now() + timeoutMs;
  const hung = setTimeout(() => {
    for (const { child } of crew) child.kill('SIGKILL'); // what waits for one of them goes on to the deadline
  }, timeoutMs);
  for (let luck = 0; !(await isDone()); luck++) {
    if (performance.now() > deadline)
      throw new Error(`not done after ${timeoutMs} ms: ${JSON.stringify(report)}`);
    if (luck < options.badLuck) await badLuck();
    await delay(everyMs);
  }
  clearTimeout(hung);
  writeFileSync(join(dir, 'over'), '');
  await Promise.all(crew.map(({ child }) => child.ended));
  await assertOnce(options, each);
  return report;
}

async function assertOnce({ dir, processes, tasks: count }: ChaosOptions, each: number): Promise<void> {
  const tasks = openTaskList(dir);
  const list = await tasks.list();
  expect(list).toHaveLength(count);
  for (const { id } of list) {
    let holder: string | null = null;
    let completed = 0;
    for (const { event, by } of (await tasks.get(id)).history) {
      if (event === 'claimed') {
        expect(holder).toBeNull();
        holder = by;
      }
      if (event === 'released') holder = null;
      if (event === 'completed') completed++;
    }
    expect(completed).toBe(1);
  }
  const all = await openMailbox(dir).log();
  expect(all.every(({ state }) => state === 'acked')).toBe(true);
  const said = all.map(({ from, text }) => `${from} ${text}`);
  expect(new Set(said).size).toBe(each * processes);
  expect(said).toHaveLength(each * processes);
  // Whoever begins at the newest base sees the same end.
  expect(readFileSync(join(dir, 'over'), 'utf8')).toBe('');
}
