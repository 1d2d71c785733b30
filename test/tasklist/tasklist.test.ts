import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Malformed } from '../../src/store/options.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { hashFolder } from '../store/support/hash-folder.ts';
import { canMount, fillDisk, smallDisk } from '../store/support/small-disk.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

const lead = { by: 'lead', incarnation: 1 };
const bob = { by: 'bob', incarnation: 1 };
const cy = { by: 'cy', incarnation: 1 };
const user = { by: 'user', incarnation: 0 };

async function listOf(...subjects: string[]) {
  const teamDir = await temporaryFolder();
  const tasks = openTaskList(teamDir, { durable: false });
  for (const subject of subjects) await tasks.create({ ...lead, subject });
  return { teamDir, tasks };
}

async function claimed(tasks: ReturnType<typeof openTaskList>, who: typeof bob, id?: string) {
  const outcome = await tasks.claim({ ...who, ...(id ? { id } : {}) });
  if (!outcome.won) throw new Error(`${who.by} did not get ${id}: ${outcome.reason}`);
  return outcome;
}

describe('creating tasks', () => {
  it('numbers them in order and shows them as the contract has it', async () => {
    const tasks = openTaskList(await temporaryFolder(), { clock: () => 0 });
    expect(await tasks.create({ ...lead, subject: 'one', description: 'all of it' })).toEqual({
      ...{ id: 't1', subject: 'one', description: 'all of it', state: 'pending', owner: null, dependsOn: [] },
      ...{ result: null, evidence: null, needs: [], reason: null },
      ...{ created: '1970-01-01T00:00:00.000Z', updated: '1970-01-01T00:00:00.000Z' },
    });
    expect(await tasks.create({ ...lead, subject: 'two' })).toMatchObject({ id: 't2' });
    expect((await tasks.list()).map(({ id }) => id)).toEqual(['t1', 't2']);
  });

  it('with a key twice gives the first', async () => {
    const { teamDir, tasks } = await listOf();
    const first = await tasks.create({ ...lead, subject: 'one', key: 'k' });
    expect(await openTaskList(teamDir).create({ ...lead, subject: 'other', key: 'k' })).toEqual(first);
    expect(await tasks.create({ ...bob, subject: 'bobs', key: 'k' })).toMatchObject({ id: 't2' });
  });

  it('refuses a dependency that is not there, no subject, and texts that are too large', async () => {
    const { tasks } = await listOf('one');
    const bad = [
      [{ subject: 'x', dependsOn: ['t1', 't9'] }, 'TASK_UNKNOWN'],
      [{ subject: ' ' }, 'TASK_INVALID'],
      [{ subject: 'x', description: 'y'.repeat(40_000) }, 'TASK_INVALID'],
    ] as const;
    for (const [request, code] of bad) {
      await expect(tasks.create({ ...lead, ...request })).rejects.toMatchObject({ code });
    }
    expect(await tasks.create({ ...lead, subject: 'next' })).toMatchObject({ id: 't2' });
  });

  it('makes files that nobody else can read', async () => {
    const { teamDir } = await listOf('one');
    expect(statSync(join(teamDir, 'tasks')).mode & 0o777).toBe(0o700);
    expect(statSync(join(teamDir, 'tasks', 'journal.jsonl')).mode & 0o777).toBe(0o600);
  });
});

describe('claiming', () => {
  it('gives a task to one, tells the other who has it, and gives the winner the same claim again', async () => {
    const { tasks } = await listOf('one');
    const won = await claimed(tasks, bob, 't1');
    expect(won.task).toMatchObject({ state: 'in_progress', owner: 'bob' });
    expect(await tasks.claim({ ...cy, id: 't1' })).toMatchObject({
      won: false,
      reason: 'taken',
      holder: 'bob',
    });
    expect(await claimed(tasks, bob, 't1')).toMatchObject({ token: won.token });
  });

  it('without an id gives the oldest open one, past those that are reserved for others', async () => {
    const { tasks } = await listOf('one');
    await tasks.create({ ...lead, subject: 'for cy', owner: 'cy' });
    await tasks.create({ ...lead, subject: 'for all' });
    expect((await claimed(tasks, bob)).task.id).toBe('t1');
    expect((await claimed(tasks, bob)).task.id).toBe('t3');
    expect(await tasks.claim(bob)).toMatchObject({
      won: false,
      reason: 'none',
      refusal: { code: 'TASK_NONE_OPEN' },
    });
    expect((await claimed(tasks, cy)).task.id).toBe('t2');
  });

  it('is refused with the reason where it can not be', async () => {
    const { tasks } = await listOf('one', 'two');
    await tasks.create({ ...lead, subject: 'after', dependsOn: ['t1'] });
    await tasks.create({ ...lead, subject: 'for cy', owner: 'cy' });
    await tasks.cancel({ ...user, id: 't2', reason: 'no need' });
    const reasons = [];
    for (const id of ['t2', 't3', 't4', 't5']) reasons.push(await tasks.claim({ ...bob, id }));
    expect(reasons).toMatchObject([
      { reason: 'closed' },
      { reason: 'blocked' },
      { reason: 'taken', holder: 'cy' },
      { reason: 'unknown', refusal: { code: 'TASK_UNKNOWN' } },
    ]);
  });

  it('that has no hope writes nothing', async () => {
    const { teamDir, tasks } = await listOf('one');
    await claimed(tasks, bob, 't1');
    const before = hashFolder(teamDir);
    for (let i = 0; i < 5; i++) await tasks.claim({ ...cy, id: 't1' });
    await tasks.claim(cy);
    expect(hashFolder(teamDir)).toBe(before);
  });
});

describe('working on a task', () => {
  it('goes on only for who holds the claim, with the claim that stands', async () => {
    const { tasks } = await listOf('one');
    const { token } = await claimed(tasks, bob, 't1');
    const done = { id: 't1', state: 'completed' } as const;
    for (const who of [cy, lead, { by: 'bob', incarnation: 2 }, { ...cy, token }]) {
      expect(await tasks.update({ ...done, ...who })).toMatchObject({
        ok: false,
        refusal: { code: 'TASK_NOT_YOURS' },
      });
    }
    expect(await tasks.update({ ...done, ...bob, token: 'wrong' })).toMatchObject({ ok: false });
    expect(await tasks.update({ ...done, ...bob, result: 'r', evidence: 'e' })).toMatchObject({
      ok: true,
      task: { state: 'completed', owner: 'bob', result: 'r', evidence: 'e' },
    });
  });

  it('does not go on with a token from before the task was taken back', async () => {
    const { tasks } = await listOf('one');
    const { token } = await claimed(tasks, bob, 't1');
    await tasks.release({ ...user, id: 't1', reason: 'let cy do it' });
    await claimed(tasks, cy, 't1');
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed', token })).toMatchObject({ ok: false });
    await tasks.update({ ...cy, id: 't1', state: 'pending' });
    await claimed(tasks, bob, 't1');
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed', token })).toMatchObject({ ok: false });
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed' })).toMatchObject({ ok: true });
  });

  it('may be said twice', async () => {
    const { teamDir, tasks } = await listOf('one');
    await claimed(tasks, bob, 't1');
    await tasks.update({ ...bob, id: 't1', state: 'completed', result: 'r' });
    const before = hashFolder(teamDir);
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed', result: 'r' })).toMatchObject({
      ok: true,
    });
    expect(hashFolder(teamDir)).toBe(before);
  });

  it('is refused for a task that nobody has claimed, and for one that is over', async () => {
    const { tasks } = await listOf('one');
    for (const state of ['completed', 'failed', 'review', 'in_progress', 'pending', 'blocked'] as const) {
      expect(await tasks.update({ ...bob, id: 't1', state })).toMatchObject({
        refusal: { code: 'TASK_STATE' },
      });
    }
    expect(await tasks.update({ ...bob, id: 't9', state: 'completed' })).toMatchObject({
      refusal: { code: 'TASK_UNKNOWN' },
    });
    await tasks.cancel({ ...lead, id: 't1', reason: 'no need' });
    expect(await tasks.update({ ...user, id: 't1', state: 'completed' })).toMatchObject({ ok: false });
  });

  it('lets the user finish anything', async () => {
    const { tasks } = await listOf('one', 'two');
    await claimed(tasks, bob, 't2');
    for (const id of ['t1', 't2']) {
      expect(await tasks.update({ ...user, id, state: 'completed' })).toMatchObject({ ok: true });
    }
    expect(await tasks.update({ ...bob, id: 't2', state: 'failed' })).toMatchObject({
      refusal: { code: 'TASK_STATE' },
    });
  });

  it('can be given back by its holder, who is then not handed it again as its own', async () => {
    const { tasks } = await listOf();
    await tasks.create({ ...lead, subject: 'for bob', owner: 'bob' });
    await claimed(tasks, bob);
    expect(await tasks.update({ ...bob, id: 't1', state: 'pending' })).toMatchObject({
      task: { state: 'pending', owner: null, reason: 'released by bob' },
    });
    expect((await claimed(tasks, cy)).task.id).toBe('t1');
  });

  it('can be put to review, from where the lead finishes it or sends it back', async () => {
    const { tasks } = await listOf('one', 'two');
    for (const id of ['t1', 't2']) {
      await claimed(tasks, bob, id);
      expect(await tasks.update({ ...bob, id, state: 'review', result: 'look' })).toMatchObject({ ok: true });
      expect(await tasks.update({ ...cy, id, state: 'completed' })).toMatchObject({ ok: false });
    }
    expect(await tasks.update({ ...lead, id: 't1', state: 'completed' })).toMatchObject({
      task: { state: 'completed', owner: 'bob', result: 'look' },
    });
    expect(await tasks.update({ ...lead, id: 't2', state: 'in_progress' })).toMatchObject({
      task: { state: 'in_progress', owner: 'bob' },
    });
    expect(await tasks.update({ ...bob, id: 't2', state: 'completed' })).toMatchObject({ ok: true });
  });
});

describe('tasks that depend on one another', () => {
  it('are unblocked by the completion of the last that they wait for', async () => {
    const { tasks } = await listOf('one', 'two');
    const after = await tasks.create({ ...lead, subject: 'after', dependsOn: ['t1', 't2', 't1'] });
    expect(after).toMatchObject({ state: 'blocked', dependsOn: ['t1', 't2'], reason: 'waits for t1, t2' });
    for (const id of ['t1', 't2']) {
      expect((await tasks.get('t3')).state).toBe('blocked');
      await claimed(tasks, bob, id);
      await tasks.update({ ...bob, id, state: 'completed' });
    }
    const { history, ...task } = await tasks.get('t3');
    expect(task).toMatchObject({ state: 'pending', reason: null });
    expect(history.map(({ event }) => event)).toEqual(['created', 'unblocked']);
    expect(await tasks.create({ ...lead, subject: 'late', dependsOn: ['t1'] })).toMatchObject({
      state: 'pending',
    });
  });

  it('stay blocked and say why when one fails or is cancelled, until that is mended', async () => {
    const { tasks } = await listOf('one', 'two');
    await tasks.create({ ...lead, subject: 'after', dependsOn: ['t1', 't2'] });
    await claimed(tasks, bob, 't1');
    await tasks.update({ ...bob, id: 't1', state: 'failed', result: 'no luck' });
    await tasks.cancel({ ...user, id: 't2', reason: 'no need', cascade: false });
    expect(await tasks.get('t3')).toMatchObject({ state: 'blocked', reason: 't1 failed; t2 cancelled' });
    expect(await tasks.release({ ...user, id: 't1', reason: 'again' })).toMatchObject({
      task: { state: 'pending' },
    });
    await tasks.edit({ ...user, id: 't3', dependsOn: ['t1'] });
    await claimed(tasks, cy, 't1');
    await tasks.update({ ...cy, id: 't1', state: 'completed' });
    expect(await tasks.get('t3')).toMatchObject({ state: 'pending' });
  });

  it('never come to go in a circle', async () => {
    const { tasks } = await listOf('one');
    await tasks.create({ ...lead, subject: 'two', dependsOn: ['t1'] });
    await tasks.create({ ...lead, subject: 'three', dependsOn: ['t2'] });
    for (const dependsOn of [['t1'], ['t2'], ['t3']]) {
      expect(await tasks.edit({ ...user, id: 't1', dependsOn })).toMatchObject({
        refusal: { code: 'TASK_CYCLE' },
      });
    }
    expect(await tasks.edit({ ...user, id: 't3', dependsOn: ['t1'] })).toMatchObject({ ok: true });
  });
});

describe('editing', () => {
  it('changes what was said and nothing else', async () => {
    const { tasks } = await listOf('one', 'two');
    expect(await tasks.edit({ ...user, id: 't1', subject: 'uno', owner: 'cy' })).toMatchObject({
      task: { subject: 'uno', owner: 'cy', description: '', state: 'pending' },
    });
    expect(await tasks.edit({ ...user, id: 't1', dependsOn: ['t2'] })).toMatchObject({
      task: { state: 'blocked' },
    });
    expect(await tasks.edit({ ...user, id: 't1', dependsOn: [] })).toMatchObject({
      task: { state: 'pending' },
    });
  });

  it('leaves the owner and order of a task alone while somebody works on it', async () => {
    const { tasks } = await listOf('one');
    await claimed(tasks, bob);
    expect(await tasks.edit({ ...user, id: 't1', owner: 'cy' })).toMatchObject({
      refusal: { code: 'TASK_STATE' },
    });
    expect(await tasks.edit({ ...user, id: 't1', description: 'more' })).toMatchObject({ ok: true });
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed' })).toMatchObject({ ok: true });
  });
});

describe('a life of an agent that is over', () => {
  it('gives its tasks back, and nothing that it still writes counts', async () => {
    const { tasks } = await listOf('one', 'two', 'three');
    const { token } = await claimed(tasks, bob, 't1');
    await claimed(tasks, bob, 't2');
    await claimed(tasks, cy, 't3');
    expect(await tasks.releaseIncarnation({ agent: 'bob', incarnation: 1, reason: 'its VM died' })).toEqual([
      't1',
      't2',
    ]);
    expect(await tasks.get('t1')).toMatchObject({
      state: 'pending',
      owner: null,
      reason: 'released: its VM died',
    });
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed', token })).toMatchObject({
      refusal: { code: 'STALE_WRITER' },
    });
    expect(await tasks.claim(bob)).toMatchObject({ won: false, reason: 'stale' });
    await expect(tasks.create({ ...bob, subject: 'x' })).rejects.toMatchObject({ code: 'STALE_WRITER' });
    expect((await claimed(tasks, { by: 'bob', incarnation: 2 })).task.id).toBe('t1');
    expect((await tasks.list()).map(({ owner }) => owner)).toEqual(['bob', null, 'cy']);
    while ((await tasks.claim(cy)).won); // nothing is left to claim
    expect(await tasks.claim(bob)).toMatchObject({ won: false, reason: 'stale' });
  });

  it('keeps what is reserved for the next life, unless there is none', async () => {
    const { tasks } = await listOf();
    await tasks.create({ ...lead, subject: 'for bob', owner: 'bob' });
    await claimed(tasks, bob);
    await tasks.releaseIncarnation({ agent: 'bob', incarnation: 1, reason: 'crashed' });
    expect(await tasks.claim(cy)).toMatchObject({ won: false });
    await tasks.releaseIncarnation({ agent: 'bob', incarnation: 1, reason: 'stopped', isFinal: true });
    expect((await claimed(tasks, cy)).task.id).toBe('t1');
  });

  it('is known by who was asked, before anything is written', async () => {
    const teamDir = await temporaryFolder();
    const tasks = openTaskList(teamDir, { isCurrent: () => false });
    for (const act of [
      tasks.create({ ...bob, subject: 'x' }),
      tasks.edit({ ...bob, id: 't1', subject: 'x' }),
    ]) {
      await expect(act).rejects.toMatchObject({ code: 'STALE_WRITER' });
    }
    expect(readdirSync(teamDir)).toEqual([]);
  });

  it('leaves its work in review for others to judge; sent back, it is open to all', async () => {
    const { tasks } = await listOf('one');
    await claimed(tasks, bob);
    await tasks.update({ ...bob, id: 't1', state: 'review' });
    await tasks.releaseIncarnation({ agent: 'bob', incarnation: 1, reason: 'died' });
    expect(await tasks.get('t1')).toMatchObject({ state: 'review', owner: 'bob' });
    await tasks.update({ ...lead, id: 't1', state: 'in_progress' });
    expect(await tasks.get('t1')).toMatchObject({ state: 'pending', owner: null });
  });

  it('lets the holder’s next start find what it holds', async () => {
    const { teamDir, tasks } = await listOf('one', 'two');
    const { token } = await claimed(tasks, bob, 't2');
    expect(await openTaskList(teamDir).held('bob', 1)).toMatchObject([{ task: { id: 't2' }, token }]);
    expect(await openTaskList(teamDir).held('bob', 2)).toEqual([]);
  });
});

describe('looking at the list', () => {
  it('filters by state and owner, and knows what is not there', async () => {
    const { tasks } = await listOf('one', 'two', 'three');
    await claimed(tasks, bob, 't2');
    expect((await tasks.list({ state: 'pending' })).map(({ id }) => id)).toEqual(['t1', 't3']);
    expect((await tasks.list({ owner: 'bob' })).map(({ id }) => id)).toEqual(['t2']);
    await expect(tasks.get('t9')).rejects.toMatchObject({ code: 'TASK_UNKNOWN' });
  });

  it('shows who did what when, also what was refused', async () => {
    const { tasks } = await listOf('one');
    await claimed(tasks, bob);
    await tasks.update({ ...cy, id: 't1', state: 'completed' });
    await tasks.update({ ...bob, id: 't1', state: 'completed' });
    const { history } = await tasks.get('t1');
    expect(history.map(({ by, event }) => [by, event])).toEqual([
      ['lead', 'created'],
      ['bob', 'claimed'],
      ['cy', 'refused'],
      ['bob', 'completed'],
    ]);
  });

  it('tells what came to an end since the last time', async () => {
    const { teamDir, tasks } = await listOf('one', 'two');
    const start = await tasks.eventsSince(0);
    expect(start.events).toEqual([]);
    await claimed(tasks, bob, 't1');
    await tasks.update({ ...bob, id: 't1', state: 'completed' });
    const next = await openTaskList(teamDir).eventsSince(start.revision);
    expect(next.events).toMatchObject([{ task: 't1', event: 'completed', by: 'bob' }]);
    await tasks.cancel({ ...user, id: 't2', reason: 'no need' });
    expect((await tasks.eventsSince(next.revision)).events).toMatchObject([
      { task: 't2', event: 'cancelled' },
    ]);
  });

  it('changes no byte, and makes nothing where there is nothing', async () => {
    const empty = await temporaryFolder();
    const { teamDir, tasks } = await listOf('one');
    await claimed(tasks, bob);
    appendFileSync(join(teamDir, 'tasks', 'journal.jsonl'), '\nnot json\n\n{"v":1,"torn');
    const before = [hashFolder(empty), hashFolder(teamDir)];
    for (const folder of [empty, teamDir]) {
      const looker = openTaskList(folder);
      await looker.list();
      await looker.eventsSince(0);
      await looker.held('bob', 1);
    }
    expect([hashFolder(empty), hashFolder(teamDir)]).toEqual(before);
  });

  it('is told of changes within moments', async () => {
    const { tasks } = await listOf('one');
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    let looks = 0;
    void (async () => {
      for await (const _ of tasks.watch({ signal: abort.signal, rescanMs: 60_000 })) looks++;
    })();
    await eventually('the first look', () => looks === 1);
    await claimed(tasks, bob);
    await eventually('a look after the claim', () => looks > 1, 2000);
  });
});

describe('a damaged journal of tasks', () => {
  it('is read past what is malformed, which its owner sets aside with one warning', async () => {
    const { teamDir, tasks } = await listOf('one');
    const file = join(teamDir, 'tasks', 'journal.jsonl');
    const torn = readFileSync(file, 'utf8').trim().replace('"t', '').slice(0, 40);
    for (const piece of [`\n${torn}`, '\n{"v":1}\n', '\n{"type":"constructor"}\n'])
      appendFileSync(file, piece);
    await tasks.create({ ...lead, subject: 'two' });
    expect((await openTaskList(teamDir).list()).map(({ subject }) => subject)).toEqual(['one', 'two']);
    expect(existsSync(join(teamDir, 'tasks', 'quarantine'))).toBe(false);
    const warned: Malformed[] = [];
    for (let life = 0; life < 2; life++) {
      const owner = openTaskList(teamDir, {
        isOwner: true,
        onMalformed: (malformed) => warned.push(malformed),
      });
      expect(await owner.list()).toHaveLength(2);
    }
    expect(warned).toHaveLength(3);
    expect(readdirSync(join(teamDir, 'tasks', 'quarantine'))).toHaveLength(3);
  });

  it.runIf(canMount)('is never made by a full disk: a change is whole or refused', async () => {
    const disk = await smallDisk();
    const tasks = openTaskList(disk);
    await tasks.create({ ...lead, subject: 'before' });
    const ballast = fillDisk(disk);
    let made = 1;
    for (let i = 0; i < 15; i++) {
      await tasks.create({ ...lead, subject: 'x'.repeat(900) }).then(
        () => made++,
        (error) => expect(error).toMatchObject({ code: 'TASK_NOT_WRITTEN' }),
      );
      expect(await openTaskList(disk).list()).toHaveLength(made);
    }
    expect(made).toBeLessThan(16);
    await expect(tasks.create({ ...lead, subject: 'x', dependsOn: ['t1'] })).rejects.toThrow(/ENOSPC/);
    rmSync(ballast);
    expect(await tasks.create({ ...lead, subject: 'after', dependsOn: ['t1'] })).toMatchObject({
      id: `t${made + 1}`,
    });
  });
});
