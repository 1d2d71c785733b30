import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { createTaskWatch } from '../../src/supervisor/task-watch.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { NEW_AGENT, writeAgentRecord } from '../../src/team/agent-record.ts';
import { openAlerts } from '../../src/team/alerts.ts';
import type { TeamRecord } from '../../src/team/team.ts';
import { temporaryFolder } from '../support/temporary.ts';

const lead = { by: 'lead', incarnation: 1 };
const bob = { by: 'bob', incarnation: 1 };
const cy = { by: 'cy', incarnation: 1 };
const user = { by: 'user', incarnation: 0 };

async function listWith(needs: ('evidence' | 'review')[]) {
  const tasks = openTaskList(await temporaryFolder(), { durable: false });
  await tasks.create({ ...lead, subject: 'one', needs });
  await tasks.claim(bob);
  return tasks;
}

describe('a task that needs evidence', () => {
  it('is completed with a command that ended well or an artifact, and with nothing less', async () => {
    const tasks = await listWith(['evidence']);
    for (const evidence of [
      undefined,
      'I looked at it',
      { note: 'fine' },
      { command: 'make' },
      { command: 'make', exitCode: 2 },
    ]) {
      const given = evidence === undefined ? {} : { evidence };
      expect(
        await tasks.update({ ...bob, id: 't1', state: 'completed', ...given }),
        JSON.stringify(evidence),
      ).toMatchObject({
        refusal: { code: 'TASK_EVIDENCE_MISSING' },
      });
    }
    const evidence = { command: 'make check', exitCode: 0, note: 'all 12' };
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed', evidence })).toMatchObject({
      task: { evidence },
    });
    const other = await listWith(['evidence']);
    expect(
      await other.update({
        ...bob,
        id: 't1',
        state: 'completed',
        evidence: { artifact: '/grants/a/report.md' },
      }),
    ).toMatchObject({ ok: true });
  });

  it('may still fail without any, and be finished by the user', async () => {
    expect(await (await listWith(['evidence'])).update({ ...bob, id: 't1', state: 'failed' })).toMatchObject({
      ok: true,
    });
    expect(
      await (await listWith(['evidence'])).update({ ...user, id: 't1', state: 'completed' }),
    ).toMatchObject({ ok: true });
  });
});

describe('a task that needs review', () => {
  it('is completed by another agent, from review only', async () => {
    const tasks = await listWith(['review']);
    const refusal = { refusal: { code: 'TASK_REVIEW_MISSING' } };
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed' })).toMatchObject(refusal);
    expect(await tasks.update({ ...bob, id: 't1', state: 'review' })).toMatchObject({ ok: true });
    expect(await tasks.update({ ...bob, id: 't1', state: 'completed' })).toMatchObject(refusal);
    expect(await tasks.update({ ...cy, id: 't1', state: 'completed' })).toMatchObject({
      task: { state: 'completed', owner: 'bob' },
    });
  });

  it('is sent back by the one who judges it', async () => {
    const tasks = await listWith(['review']);
    await tasks.update({ ...bob, id: 't1', state: 'review' });
    expect(await tasks.update({ ...cy, id: 't1', state: 'in_progress' })).toMatchObject({
      task: { owner: 'bob' },
    });
    expect(await tasks.update({ ...bob, id: 't1', state: 'review' })).toMatchObject({ ok: true });
  });
});

describe('giving a task to somebody else', () => {
  it('is one step: nobody gets it in between', async () => {
    const tasks = await listWith([]);
    expect(await tasks.release({ ...user, id: 't1', reason: 'bob is busy', owner: 'cy' })).toMatchObject({
      task: { state: 'pending', owner: 'cy' },
    });
    expect(await tasks.claim(bob)).toMatchObject({ won: false });
    expect(await tasks.claim(cy)).toMatchObject({ won: true });
    expect(await tasks.update({ ...lead, id: 't1', state: 'pending', owner: 'bob' })).toMatchObject({
      task: { owner: 'bob' },
    });
  });
});

describe('cancelling a task', () => {
  it('cancels what can then never begin, and what waits for that, and says why', async () => {
    const tasks = await listWith([]);
    await tasks.create({ ...lead, subject: 'two', dependsOn: ['t1'] });
    await tasks.create({ ...lead, subject: 'three', dependsOn: ['t2'] });
    await tasks.create({ ...lead, subject: 'other' });
    await tasks.cancel({ ...user, id: 't1', reason: 'no need' });
    const list = await tasks.list();
    expect(list.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled', 'pending']);
    expect(list[2]?.reason).toBe('cancelled with t1: no need');
  });
});

describe('what stands still or fails again and again', () => {
  async function watched() {
    const dir = await temporaryFolder();
    for (const folder of ['mailbox', 'tasks', 'agents', 'agents/bob', 'agents/cy'])
      mkdirSync(join(dir, folder));
    const tasks = openTaskList(dir, { durable: false });
    const mailbox = openMailbox(dir, { durable: false });
    let time = 0;
    const look = createTaskWatch({ dir, tasks, mailbox, now: () => time });
    const repository = { gitDir: '', base: '', branch: null, result: 'cowork/mine' };
    const grants = [{ name: 'shop', path: '', mode: 'clone', repository }];
    // All that it looks at.
    const team = { phase: 'running', agents: [{ name: 'bob' }], grants } as unknown as TeamRecord;
    const at = async (ms: number) => {
      time = ms;
      await look(team);
    };
    const notices = async () => (await mailbox.log({ agent: 'lead' })).length;
    return { dir, tasks, at, notices };
  }

  it('an owner that is idle over its task: one alert, one notice to the lead, then the task is taken back', async () => {
    const { dir, tasks, at, notices } = await watched();
    await tasks.create({ ...lead, subject: 'one' });
    await tasks.claim(bob);
    await writeAgentRecord(dir, 'bob', { ...NEW_AGENT, state: 'idle' });
    for (const ms of [0, 59_000]) await at(ms);
    expect(openAlerts(dir)).toEqual([]);
    for (const ms of [61_000, 100_000, 200_000]) await at(ms);
    expect(openAlerts(dir)).toMatchObject([{ agent: 'bob', kind: 'stuck task' }]);
    expect(await notices()).toBe(1);
    await at(301_000);
    expect(await tasks.get('t1')).toMatchObject({ state: 'pending', owner: null });
    await at(302_000);
    expect(openAlerts(dir)).toEqual([]);
  });

  it('an owner whose push is being checked is left alone, however long that takes', async () => {
    const { dir, tasks, at, notices } = await watched();
    await tasks.create({ ...lead, subject: 'one' });
    await tasks.claim(bob);
    await writeAgentRecord(dir, 'bob', { ...NEW_AGENT, state: 'idle' });
    const heads = join(dir, 'git', 'shop', 'hub.git', 'refs', 'heads');
    mkdirSync(heads, { recursive: true });
    writeFileSync(join(heads, 'bob'), `${'a'.repeat(40)}\n`);
    for (const ms of [0, 61_000, 301_000, 3_000_000]) await at(ms);
    expect(openAlerts(dir)).toEqual([]);
    expect(await notices()).toBe(0);
    expect(await tasks.get('t1')).toMatchObject({ state: 'in_progress', owner: 'bob' });
  });

  it('a task that three lives have lost: one alert, one notice, and it is kept for the lead until it is over', async () => {
    const { dir, tasks, at, notices } = await watched();
    await tasks.create({ ...lead, subject: 'one' });
    for (const [i, by] of ['bob', 'cy', 'bob'].entries()) {
      await tasks.claim({ by, incarnation: i + 1 });
      await tasks.releaseIncarnation({ agent: by, incarnation: i + 1, reason: 'died' });
    }
    for (const ms of [0, 500, 1000]) await at(ms);
    expect(openAlerts(dir)).toMatchObject([
      { kind: 'pile-up', text: 't1 was taken and lost 3 times, by bob, cy.' },
    ]);
    expect(await notices()).toBe(1);
    expect(await tasks.claim({ by: 'dan', incarnation: 1 })).toMatchObject({ won: false });
    await tasks.cancel({ ...user, id: 't1', reason: 'no use' });
    await at(2000);
    expect(openAlerts(dir)).toEqual([]);
  });

  it('a command that fails for two agents: one alert and one notice', async () => {
    const { dir, tasks, at, notices } = await watched();
    for (const who of [bob, cy]) {
      await tasks.create({ ...lead, subject: 'build' });
      await tasks.claim(who);
      const id = `t${(await tasks.list()).length}`;
      await tasks.update({ ...who, id, state: 'failed', evidence: { command: 'make', exitCode: 2 } });
    }
    for (const ms of [0, 500]) await at(ms);
    expect(await notices()).toBe(1);
    expect(await tasks.troubles()).toMatchObject([{ agents: ['bob', 'cy'], tasks: ['t1', 't2'] }]);
    expect(dir).not.toBe('');
  });
});
