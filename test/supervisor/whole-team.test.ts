import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashFolder } from '../store/support/hash-folder.ts';
import { launch } from '../support/team.ts';
import { MailJson, StatusJson, TaskJson, TaskWithHistoryJson } from './contract-shapes.ts';

test('a team does a whole job, and every command shows it in the shapes of the contract', async () => {
  const team = await launch('count');
  const done = StatusJson.parse(await team.json('wait', '-t', team.name, '--timeout', '30'));
  expect(done).toMatchObject({ state: 'done', job: 'Do as you are told', summary: 'The words are counted.' });
  expect(done.tasks).toEqual({ completed: 3 });
  expect(done.alerts).toEqual([]);
  // `wait` returns when nothing of it runs any more: the report is made before that.
  expect(readFileSync(join(team.dir, 'report.html'), 'utf8')).toContain('The words are counted.');
  expect(done.agents.map(({ name, role, state }) => ({ name, role, state }))).toEqual([
    { name: 'lead', role: 'lead', state: 'stopped' },
    { name: 'ada', role: 'teammate', state: 'stopped' },
    { name: 'ben', role: 'teammate', state: 'stopped' },
  ]);
  for (const agent of done.agents) {
    expect(agent).toMatchObject({
      sandbox: 'none',
      accelerator: null,
      pid: null,
      vmPid: null,
      incarnation: 1,
    });
    expect(agent.tokens.output).toBeGreaterThan(0);
  }

  const tasks = TaskJson.array().parse(await team.json('tasks'));
  expect(tasks.map(({ id, state, result }) => ({ id, state, result }))).toEqual(
    ['t1', 't2', 't3'].map((id) => ({ id, state: 'completed', result: '4' })),
  );
  expect(tasks[2]?.dependsOn).toEqual(['t1', 't2']);
  const shown = TaskWithHistoryJson.parse(await team.json('tasks', 'show', 't3', '-t', team.name));
  expect(shown.history.map(({ event }) => event)).toEqual(['created', 'unblocked', 'claimed', 'completed']);

  const lines = (await team.cowork(['mail', '--json'])).stdout.trimEnd().split('\n');
  const mail = lines.map((line) => MailJson.parse(JSON.parse(line)));
  const begin = mail.filter(({ text }) => text === 'Begin to count.');
  expect(begin.map(({ from, to }) => [from, to]).sort()).toEqual([
    ['lead', 'ada'],
    ['lead', 'ben'],
  ]);
  expect(new Set(begin.map(({ broadcastId }) => broadcastId)).size).toBe(1);

  const [teams] = await team.json<{ team: string; state: string }[]>('teams');
  expect(teams).toMatchObject({ team: team.name, state: 'done' });
  expect(team.processes()).toEqual([]);
  expect(readdirSync(team.tmp)).toEqual([]);
});

test('launch answers once all agents are ready, and a running team has its processes in the status', async () => {
  const team = await launch('puppet');
  const status = StatusJson.parse(await team.json('status'));
  expect(status.state).toBe('running');
  for (const { state, pid, vmPid } of status.agents) {
    expect(vmPid).toBeNull();
    expect(['idle', 'working']).toContain(state);
    expect(team.processes().map((each) => each.pid)).toEqual(expect.arrayContaining([pid]));
  }
});

test('looking with status, tasks, mail and teams changes no byte and no time of a team', async () => {
  const team = await launch('count');
  await team.json('wait', '-t', team.name);
  const before = hashFolder(team.home);
  for (const looking of [
    ['status'],
    ['tasks'],
    ['tasks', 'show', 't1'],
    ['mail'],
    ['mail', '--agent', 'ada'],
    ['teams'],
  ]) {
    expect((await team.cowork(looking)).code).toBe(0);
  }
  expect(hashFolder(team.home)).toBe(before);
});

test('a team that is done is removed with all its files, and a running one is not', async () => {
  const team = await launch('puppet', ['--teammates', '0']);
  expect(await team.refusal('remove', '-t', team.name)).toMatchObject({ exit: 4, code: 'TEAM_RUNNING' });
  await team.json('stop', '-t', team.name);
  await team.json('remove', '-t', team.name);
  expect(readdirSync(`${team.home}/teams`)).toEqual([]);
  expect(await team.refusal('status')).toMatchObject({ exit: 3, code: 'TEAM_UNKNOWN' });
});
