import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Task, TaskWithHistory } from '../../src/protocol/task.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { readAlerts } from '../../src/team/alerts.ts';
import { eventually } from '../support/eventually.ts';
import { type Call, sharedTeam } from '../support/team.ts';

// The rules of tasks, asked of the program as people and agents use it: commands, keepers and agents as processes. A teammate
// that is given a task does what its description says; what is kept for the lead waits until the lead is told to take it.

const SLOW = 60_000;
const team = sharedTeam('puppet', ['--teammates', '2', '--require', 'evidence']);

const add = async (subject: string, ...flags: string[]) =>
  (await team().json<Task>('tasks', 'add', subject, '--owner', 'lead', ...flags)).id;
const show = (id: string): Promise<TaskWithHistory> => openTaskList(team().dir).get(id);
const proof = { command: 'make check', exitCode: 0, artifact: 'report.md' };

/** One call of an agent, and what came of it. */
async function does(agent: string, ...call: Call) {
  const [step] = await team().order(agent, [[call]]);
  const result = step?.results[0];
  if (result === undefined) throw new Error(`${agent} did nothing`);
  return result;
}

const steps = (...calls: Call[]) => JSON.stringify({ steps: calls.map((call) => [call]) });
const waitFor = (file: string) =>
  steps(['bash', { command: `while [ ! -e ${join(team().folder, file)} ]; do sleep 0.1; done` }]);

test('a job that asks for evidence gets a command with its exit code or an artifact, and is done with nothing less', async () => {
  const id = await add('Check it');
  await does('lead', 'task_claim', { id });
  for (const evidence of [undefined, 'I looked', { command: 'make' }, { command: 'make', exitCode: 2 }]) {
    const given = evidence === undefined ? {} : { evidence };
    const { isError, json } = await does('lead', 'task_update', { id, state: 'completed', ...given });
    expect(isError, JSON.stringify(evidence)).toBe(true);
    expect(json.error.code).toBe('TASK_EVIDENCE_MISSING');
  }
  const done = await does('lead', 'task_update', { id, state: 'completed', evidence: proof });
  expect(done.isError).toBe(false);
  expect(await show(id)).toMatchObject({ state: 'completed', needs: ['evidence'], evidence: proof });
  expect((await team().cowork(['tasks', 'show', id])).stdout).toContain('make check (exit 0); report.md');
});

test('work that needs a review is completed by another agent, and the history says who did what when', async () => {
  const id = await add('Judge it', '--needs', 'review');
  await does('lead', 'task_claim', { id });
  const refused = await does('lead', 'task_update', { id, state: 'completed', evidence: proof });
  expect(refused.json.error.code).toBe('TASK_REVIEW_MISSING');
  await does('lead', 'task_update', { id, state: 'review', result: 'my work', evidence: proof });
  const own = await does('lead', 'task_update', { id, state: 'completed' });
  expect(own.json.error.code).toBe('TASK_REVIEW_MISSING');
  expect((await does('ada', 'task_update', { id, state: 'completed' })).isError).toBe(false);
  const { history, owner } = await team().json<TaskWithHistory>('tasks', 'show', id);
  expect(owner).toBe('lead');
  const all = history.filter(({ event }) => event !== 'refused').map(({ by, event }) => `${by} ${event}`);
  expect(all).toEqual(['user created', 'lead claimed', 'lead review', 'ada completed']);
  const times = history.map(({ at }) => at);
  expect(times).toEqual(times.toSorted());
  const { stdout } = await team().cowork(['tasks', 'show', id]);
  expect(stdout).toMatch(/\d\d:\d\d:\d\d\.\d{3} {2}ada {2}completed/);
});

test('cancelling a task cancels what waits for it, unless --only is said: then that is blocked and says why', async () => {
  const first = await add('First');
  const second = await add('Second', '--depends-on', first);
  const third = await add('Third', '--depends-on', second);
  const circle = await team().refusal('tasks', 'edit', first, '--depends-on', third);
  expect(circle).toMatchObject({ code: 'TASK_CYCLE' });
  expect(circle.message).toContain(`${first} needs ${third} needs ${second} needs ${first}`);
  await team().json('tasks', 'cancel', second, '--only', '--reason', 'not now');
  expect(await show(third)).toMatchObject({ state: 'blocked', reason: `${second} cancelled` });
  const fourth = await add('Fourth', '--depends-on', third);
  await team().json('tasks', 'cancel', third, '--reason', 'no need');
  expect(await show(fourth)).toMatchObject({
    state: 'cancelled',
    reason: `cancelled with ${third}: no need`,
  });
  expect(await show(first)).toMatchObject({ state: 'pending' });
});

test('the user changes, takes back and gives away a task while an agent works on it', async () => {
  const { id } = await team().json<Task>(
    'tasks',
    'add',
    'Wait',
    '--owner',
    'ada',
    '--description',
    waitFor('moved'),
  );
  await eventually('ada to work on it', async () => (await team().agent('ada')).task === id, SLOW);
  await team().json('tasks', 'edit', id, '--subject', 'Wait for it');
  await team().json('tasks', 'release', id, '--owner', 'ben', '--reason', 'ada is needed elsewhere');
  await eventually('ben to work on it', async () => (await team().agent('ben')).task === id, SLOW);
  const { history, subject, owner } = await show(id);
  expect({ subject, owner }).toEqual({ subject: 'Wait for it', owner: 'ben' });
  expect(history.map(({ by, event }) => `${by} ${event}`)).toEqual([
    ...['user created', 'ada claimed', 'user edited', 'user released', 'ben claimed'],
  ]);
  await team().json('tasks', 'cancel', id);
  writeFileSync(join(team().folder, 'moved'), '');
  for (const agent of ['ada', 'ben']) await team().settled(agent);
});

test('a command that fails for two agents is one alert for the user and one notice to the lead', async () => {
  const evidence = { command: 'make all', exitCode: 2 };
  for (const agent of ['ada', 'ben']) {
    const { id } = await team().json<Task>('tasks', 'add', `Build for ${agent}`, '--owner', 'lead');
    const description = steps(['task_update', { id, state: 'failed', evidence }]);
    await team().json('tasks', 'edit', id, '--owner', agent, '--description', description);
    await eventually('it to fail', async () => (await show(id)).state === 'failed', SLOW);
  }
  const notices = async () =>
    (await team().mail({ agent: 'lead', kind: 'notice' })).filter(({ text }) => text.includes('make all'));
  await eventually('the lead to be told', async () => (await notices()).length > 0, SLOW);
  await team().json('send', 'lead', 'Anything new?', '--wait', 'acked');
  expect(await notices()).toHaveLength(1);
  const raised = readAlerts(team().dir).filter(({ kind, type }) => kind === 'pile-up' && type === 'raised');
  expect(raised).toMatchObject([{ text: expect.stringMatching(/^The same command failed for ada, ben/) }]);
});
