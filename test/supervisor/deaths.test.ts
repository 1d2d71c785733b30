import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { roleHolder } from '../../src/store/role.ts';
import { supervisorRoleFile } from '../../src/team/paths.ts';
import { kill } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch, type TestTeam } from '../support/team.ts';

const supervisorOf = (team: TestTeam) => roleHolder(supervisorRoleFile(team.dir))?.pid;

async function killKeeper(team: TestTeam, agent: string): Promise<number> {
  const { pid } = await team.agent(agent);
  const at = Date.now();
  kill(pid ?? Number.NaN);
  return at;
}

const reborn = (team: TestTeam, agent: string, incarnation: number) =>
  eventually(
    `life ${incarnation} of ${agent}`,
    async () => {
      const status = await team.agent(agent);
      return status.incarnation === incarnation && status.pid !== null && status.state === 'idle';
    },
    30_000,
  );

test('a supervisor that is killed takes nobody with it, and the next command starts another that adopts the agents', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const before = (await team.status()).agents.map(({ pid, vmPid, incarnation }) => ({
    pid,
    vmPid,
    incarnation,
  }));
  const first = supervisorOf(team);
  kill(first ?? Number.NaN);
  await eventually('the supervisor to be dead', () => supervisorOf(team) === undefined);
  const [step] = await team.order('ada', [[['bash', { command: 'echo still here' }]]]);
  expect(step?.results[0]?.text).toContain('still here');

  expect(await team.refusal('wait', '--timeout', '0.1')).toMatchObject({ exit: 5, code: 'WAIT_TIMEOUT' });
  expect(supervisorOf(team)).not.toBe(first);
  const after = (await team.status()).agents.map(({ pid, vmPid, incarnation }) => ({
    pid,
    vmPid,
    incarnation,
  }));
  expect(after).toEqual(before);
  await team.begin('lead', [[['finish_job', { summary: 'Done in spite of it.', force: true }]]]);
  expect(await team.json('wait')).toMatchObject({ state: 'done', summary: 'Done in spite of it.' });
  expect(team.processes()).toEqual([]);
});

test('a killed teammate is told to the lead, its task is done again, and it remembers its conversation', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  await team.order('ada', [[['bash', { command: 'echo remember me' }]]]);
  const slow = join(team.folder, 'slow');
  // The first try hangs, the second finds the mark of the first.
  const command = `if test -e ${slow}; then echo second try; else touch ${slow}; sleep 100; fi`;
  const description = JSON.stringify({ steps: [[['bash', { command }]]] });
  await team.json('tasks', 'add', 'Hang once', '--description', description);
  await eventually('the task to be under way', () => readdirSync(team.folder).includes('slow'), 20_000);
  const killed = await killKeeper(team, 'ada');

  const told = await eventually(
    'the notice',
    async () =>
      (await team.mail({ agent: 'lead', from: 'team' })).find(({ text }) => text.startsWith('ada died')),
    20_000,
  );
  expect(told.text).toMatch(
    /^ada died: its keeper \(process \d+\) was killed\. Open again: t2\. It is started again/,
  );
  expect(Date.parse(told.created) - killed).toBeLessThan(5_000);

  const done = await eventually(
    'the task to be done',
    async () => (await team.tasks()).find(({ id, state }) => id === 't2' && state === 'completed'),
    30_000,
  );
  expect(done).toMatchObject({ owner: 'ada', result: expect.stringContaining('second try') });
  const entries = JSON.stringify(team.transcript('ada'));
  expect(entries).toContain('remember me');
  expect(entries).toContain('Cut off: the agent was restarted.');
  expect(await team.agent('ada')).toMatchObject({ incarnation: 2, unread: 0 });
  const [step] = await team.order('ada', [[['bash', { command: 'echo alive' }]]]);
  expect(step?.results[0]?.text).toContain('alive');

  const alerts = readFileSync(join(team.dir, 'alerts.jsonl'), 'utf8').match(/"type":"raised"/g);
  expect(alerts).toHaveLength(1);
  await eventually('the alert to be closed', async () => (await team.status()).alerts.length === 0);
  await team.json('stop');
  expect(team.processes()).toEqual([]);
  expect(readdirSync(team.tmp)).toEqual([]);
});

test("a killed lead comes back and ends the job, with the team's tasks and its own conversation", async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  await team.order('lead', [[['bash', { command: 'echo lead remembers' }]]]);
  await killKeeper(team, 'lead');
  await reborn(team, 'lead', 2);
  expect(JSON.stringify(team.transcript('lead'))).toContain('lead remembers');
  expect((await team.tasks()).map(({ id, state }) => [id, state])).toEqual([['t1', 'pending']]);
  await team.begin('lead', [[['finish_job', { summary: 'After my death.', force: true }]]]);
  expect(await team.json('wait')).toMatchObject({ state: 'done', summary: 'After my death.' });
  expect(team.processes()).toEqual([]);
});

test('everything killed at once, wait brings the team back with roster, tasks, unread mail and conversations', async () => {
  const team = await launch('puppet', ['--teammates', '2']);
  await team.order('ada', [[['bash', { command: 'echo before' }]]]);
  for (const { pid } of team.processes()) kill(pid);
  await eventually('the status to say so', async () =>
    (await team.status()).agents.every(({ state, pid }) => state === 'starting' && pid === null),
  );
  const sleeping = await team.begin('ada', [[['bash', { command: 'echo after' }]]]);

  expect(await team.refusal('wait', '--timeout', '0.1')).toMatchObject({ code: 'WAIT_TIMEOUT' });
  const [step] = await sleeping.done(40_000);
  expect(step?.results[0]?.text).toContain('after');
  expect(JSON.stringify(team.transcript('ada'))).toContain('before');
  await reborn(team, 'lead', 2);
  await reborn(team, 'ben', 2);
  expect((await team.status()).agents.map(({ name }) => name)).toEqual(['lead', 'ada', 'ben']);
  await team.json('stop');
  expect(team.processes()).toEqual([]);
  expect(readdirSync(team.tmp)).toEqual([]);
});
