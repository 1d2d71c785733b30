import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { FAULTS, type Fault, injectFaults } from './support/faults.ts';

const folder = mkdtempSync(join(tmpdir(), 'cowork-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SEGMENT = 700; // so that sealing, and what follows from it, happens among the operations
const bob = { by: 'bob', incarnation: 1 };
const lead = { by: 'lead', incarnation: 1 };
const LONG = 'l'.repeat(40_000);

const openTeam = (dir: string, lockTimeoutMs = 10_000) => {
  const backend = openFileBackend(dir, { segmentBytes: SEGMENT });
  const quiet = { onMalformed: () => {} };
  const mailbox = openMailbox(dir, { backend });
  return {
    mailbox,
    tasks: openTaskList(dir, { backend, isOwner: true, lockTimeoutMs, ...quiet }),
    bob: mailbox.inbox('bob', quiet),
  };
};

const never = () => false;

/** A piece of a team's life; each step is repeatable. Gives the names of the steps that were acknowledged. */
async function live(
  dir: string,
  isDead: () => boolean = never,
  failures = new Map<string, string>(),
): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  // Whoever died may have had the lock: nobody waits for it long while faults are injected.
  const team = openTeam(dir, isDead === never ? 10_000 : 50);
  const step = async (name: string, act: () => Promise<unknown>) => {
    if (isDead()) return;
    try {
      const result = await act();
      if (!isDead() && result !== false) acknowledged.add(name);
    } catch (error) {
      failures.set(name, String(error)); // refused or failed: nothing was promised
    }
  };
  for (const key of ['a', 'b', 'c']) {
    await step(`message ${key}`, () =>
      team.mailbox.send({ from: 'ann', to: 'bob', text: `one ${key}`, incarnation: 1, key }),
    );
  }
  await step('broadcast', () =>
    team.mailbox.broadcast({
      from: 'lead',
      recipients: ['bob', 'cy'],
      text: 'all',
      incarnation: 1,
      key: 'all',
    }),
  );
  await step('long', () =>
    team.mailbox.send({ from: 'ann', to: 'cy', text: LONG, incarnation: 1, key: 'long' }),
  );
  await step('t1', () => team.tasks.create({ ...lead, subject: 'one', key: 't1' }));
  await step('t2', () => team.tasks.create({ ...lead, subject: 'two', key: 't2', dependsOn: ['t1'] }));
  await step('claim', async () => (await team.tasks.claim({ ...bob, id: 't1' })).won);
  await step(
    'done',
    async () => (await team.tasks.update({ ...bob, id: 't1', state: 'completed', result: 'r' })).ok,
  );
  await step('seen', async () => {
    const seqs = (await team.bob.read()).map(({ seq }) => seq);
    if (seqs.length === 0) return false;
    await team.bob.mark('seen', seqs);
    return true;
  });
  await step('compact', () => Promise.all([team.mailbox.compact(), team.tasks.compact()]));
  return acknowledged;
}

/** What must be true whatever went wrong. */
async function assertKept(dir: string, acknowledged: ReadonlySet<string>): Promise<void> {
  const { mailbox, tasks } = openTeam(dir);
  const log = await mailbox.log();
  const times = (to: string, text: string) =>
    log.filter((message) => message.to === to && message.text.startsWith(text)).length;
  const expected: [string, string, string][] = [
    ...['a', 'b', 'c'].map((key): [string, string, string] => [`message ${key}`, 'bob', `one ${key}`]),
    ...['bob', 'cy'].map((to): [string, string, string] => ['broadcast', to, 'all']),
    ['long', 'cy', 'lll'],
  ];
  for (const [name, to, text] of expected) {
    const least = acknowledged.has(name) ? 1 : 0;
    expect([name, to, times(to, text)]).toEqual([name, to, Math.max(least, Math.min(1, times(to, text)))]);
  }
  for (const message of log) if (message.body !== undefined) expect(await mailbox.body(message)).toBe(LONG);
  expect(new Set(log.map(({ to, seq }) => `${to} ${seq}`)).size).toBe(log.length);
  const list = await tasks.list();
  const find = (subject: string) => list.filter((task) => task.subject === subject);
  for (const [name, subject] of [
    ['t1', 'one'],
    ['t2', 'two'],
  ] as const) {
    expect(find(subject).length).toBeLessThanOrEqual(1);
    if (acknowledged.has(name)) expect(find(subject)).toHaveLength(1);
  }
  if (acknowledged.has('claim')) expect(find('one')).toMatchObject([{ owner: 'bob' }]);
  if (acknowledged.has('done')) {
    expect(find('one')).toMatchObject([{ state: 'completed', result: 'r' }]);
    if (find('two').length > 0) expect(find('two')).toMatchObject([{ state: 'pending' }]);
  }
  for (const { id } of list) {
    const events = (await tasks.get(id)).history.map(({ event }) => event);
    expect(events.filter((event) => event === 'completed').length).toBeLessThanOrEqual(1);
    expect(events.filter((event) => event === 'claimed').length).toBeLessThanOrEqual(1);
  }
  if (acknowledged.has('seen')) {
    expect(log.some(({ to, state }) => to === 'bob' && state === 'seen')).toBe(true);
  }
}

/** The supervisor's part, when the dead one had the lock. */
const freeLocks = (dir: string) => {
  for (const path of globSync('**/*.lock*', { cwd: dir }))
    rmSync(join(dir, path), { recursive: true, force: true });
};

const ALL = ['message a', 'message b', 'message c', 'broadcast', 'long', 't1', 't2', 'done', 'compact'];

async function runWith(fault: Fault, at: number): Promise<number> {
  const dir = mkdtempSync(join(folder, 'team-'));
  const faults = injectFaults(dir, at, fault);
  let acknowledged: Set<string>;
  try {
    acknowledged = await live(dir, () => faults.isDead);
  } finally {
    faults.restore();
  }
  await assertKept(dir, acknowledged);
  freeLocks(dir);
  // Everything is said again, with the same keys: now it is there, once.
  const none = injectFaults(dir, Number.POSITIVE_INFINITY, fault); // leaves out the syncs
  const failures = new Map<string, string>();
  const again = await live(dir, never, failures).finally(() => none.restore());
  expect(ALL.filter((name) => !again.has(name)).map((name) => [name, failures.get(name)])).toEqual([]);
  await assertKept(dir, new Set([...acknowledged, ...again]));
  rmSync(dir, { recursive: true, force: true });
  return faults.count;
}

/** `npm run soak` takes every operation; here each kind takes another few of them. */
const isLong = process.env.COWORK_SOAK !== undefined;
const STRIDE = isLong ? 1 : 19;

describe('a fault at any operation on a file', () => {
  it.each(FAULTS)(
    '(%s) loses nothing that was acknowledged, delivers nothing twice, gives no task two winners',
    async (fault) => {
      const operations = await runWith(fault, Number.POSITIVE_INFINITY);
      expect(operations).toBeGreaterThan(100);
      for (let at = 1 + ((FAULTS.indexOf(fault) * 4) % STRIDE); at <= operations; at += STRIDE) {
        await runWith(fault, at).catch((error: unknown) => {
          throw new Error(`at operation ${at}: ${error instanceof Error ? error.message : error}`, {
            cause: error,
          });
        });
      }
    },
    isLong ? 3_600_000 : 120_000,
  );
});
