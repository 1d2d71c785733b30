import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder, lockOwnerFile } from '../../src/store/lock.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { type Child, startChild } from '../store/support/child.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

const here = new URL('./support/', import.meta.url).href;
const user = { by: 'user', incarnation: 0 };

async function listOf(count: number) {
  const teamDir = await temporaryFolder();
  const tasks = openTaskList(teamDir, { durable: false });
  for (let i = 0; i < count; i++) await tasks.create({ by: 'lead', incarnation: 1, subject: `task ${i}` });
  return { teamDir, tasks };
}

const claimsIn = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []);

describe('eight processes claiming three hundred tasks', () => {
  it('have one winner for each and lose none', async () => {
    const { teamDir, tasks } = await listOf(300);
    const workers = Array.from({ length: 8 }, (_, i) => {
      const won = join(teamDir, `won-${i}`);
      return { won, child: startChild(here, 'work', { teamDir, by: `agent-${i}`, incarnation: 1, won }) };
    });
    await Promise.all(workers.map(({ child }) => child.says('ready')));
    for (const { child } of workers) child.tell('go');
    await Promise.all(workers.map(({ child }) => child.says('done')));
    const won = workers.flatMap(({ won }) => claimsIn(won).filter(Boolean));
    expect(won).toHaveLength(300);
    expect(new Set(won.map((line) => line.split(' ')[0])).size).toBe(300);
    expect(await tasks.list({ state: 'completed' })).toHaveLength(300);
    expect(workers.flatMap(({ child }) => child.lines.filter((line) => line.startsWith('refused')))).toEqual(
      [],
    );
  });

  it('have one winner at any time for each, also when they are killed and paused at random', async () => {
    const { teamDir, tasks } = await listOf(300);
    const logs: string[] = [];
    let lives = 0;
    const start = (by: string, incarnation: number): Child => {
      const won = join(teamDir, `won-${lives++}`);
      logs.push(won);
      return startChild(here, 'work', { teamDir, by, incarnation, won });
    };
    const team = Array.from({ length: 8 }, (_, i) => ({
      by: `agent-${i}`,
      incarnation: 1,
      child: start(`agent-${i}`, 1),
    }));
    await Promise.all(team.map(({ child }) => child.says('ready')));
    for (const { child } of team) child.tell('go');
    const paused: Child[] = [];
    // Four are killed, two are paused and taken for dead: the supervisor's part, then their next life.
    for (const [i, agent] of team.slice(0, 6).entries()) {
      await eventually(
        'some work',
        async () => (await tasks.list({ state: 'completed' })).length > 12 * i,
        30_000,
      );
      if (i < 4) {
        agent.child.kill('SIGKILL');
        await agent.child.ended;
      } else {
        agent.child.kill('SIGSTOP');
        paused.push(agent.child);
      }
      await tasks.releaseIncarnation({ agent: agent.by, incarnation: 1, reason: 'taken for dead' });
      agent.incarnation = 2;
      agent.child = start(agent.by, 2);
      await agent.child.says('ready');
      agent.child.tell('go');
    }
    for (const child of paused) child.kill('SIGCONT');
    await Promise.all(team.map(({ child }) => child.says('done', 60_000)));
    const done = await tasks.list();
    expect(done.filter(({ state }) => state === 'completed')).toHaveLength(300);
    for (const { id } of done) {
      const { history } = await tasks.get(id);
      let holder: string | null = null;
      for (const { event, by } of history) {
        if (event === 'claimed') {
          expect(holder).toBeNull();
          holder = by;
        }
        if (event === 'released') holder = null;
      }
      expect(history.filter(({ event }) => event === 'completed')).toHaveLength(1);
    }
    // Everybody who was told that it won did win: the journal has each of these claims.
    const tokens = new Set(
      readFileSync(join(teamDir, 'tasks', 'journal.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"type":"claim"'))
        .map((line) => JSON.parse(line).token),
    );
    for (const line of logs.flatMap(claimsIn).filter(Boolean)) expect(tokens).toContain(line.split(' ')[1]);
  }, 120_000);
});

describe('the lock of the list', () => {
  it('that was taken away from a sleeper leaves it unable to change anything', async () => {
    const { teamDir, tasks } = await listOf(1);
    const file = join(teamDir, 'tasks', 'journal.jsonl');
    const sleeper = startChild(here, 'edit-slowly', { teamDir });
    expect(await sleeper.says('inside')).toBe('task 0');
    sleeper.kill('SIGSTOP');
    rmSync(lockOwnerFile(file));
    rmdirSync(lockFolder(file));
    expect(await tasks.edit({ ...user, id: 't1', subject: 'taken over' })).toMatchObject({ ok: true });
    sleeper.kill('SIGCONT');
    // It finds its lock gone. What it decided on the old list is never written, or does not count.
    await sleeper.ended;
    const { subject, history } = await tasks.get('t1');
    expect(history.filter(({ event }) => event === 'edited')).toHaveLength(1);
    expect(subject).toBe('taken over');
  });

  it('decides by the order in the journal, even for one that never looks at its lock', async () => {
    const { tasks, teamDir } = await listOf(1);
    const { openTaskJournal } = await import('../../src/tasklist/journal.ts');
    const stale = openTaskJournal(teamDir, {});
    let oldFence = '';
    await stale.commitLocked(user, (_, fence) => {
      oldFence = fence;
      return { counts: true, tasks: [] };
    });
    await tasks.edit({ ...user, id: 't1', subject: 'newer' });
    const verdict = await stale.commit(user, { type: 'edit', task: 't1', fence: oldFence, subject: 'older' });
    expect(verdict).toMatchObject({ counts: false, code: 'LOCK_LOST' });
    expect(await tasks.get('t1')).toMatchObject({ subject: 'newer' });
  });

  it('lets several processes that create and edit with dependencies lose nothing', async () => {
    const { tasks, teamDir } = await listOf(1);
    const others = Array.from({ length: 6 }, () => openTaskList(teamDir, { durable: false }));
    await Promise.all(
      others.map(async (list, i) => {
        for (let n = 0; n < 5; n++) {
          const task = await list.create({
            by: `agent-${i}`,
            incarnation: 1,
            subject: 'x',
            dependsOn: ['t1'],
          });
          expect(await list.edit({ ...user, id: task.id, subject: `${i}-${n}` })).toMatchObject({ ok: true });
        }
      }),
    );
    const made = (await tasks.list()).slice(1);
    expect(made.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, i) => `t${i + 2}`));
    expect(new Set(made.map(({ subject }) => subject)).size).toBe(30);
  });
});
