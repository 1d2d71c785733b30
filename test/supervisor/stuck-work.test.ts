import { expect, test } from 'vitest';
import type { Task, TaskWithHistory } from '../../src/protocol/task.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { readAlerts } from '../../src/team/alerts.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';

const SLOW = 90_000;

test('a task over which one agent after the other falls asleep is told of, taken back, and kept for the lead after the third', async () => {
  // An agent that is given it says that it is done, is refused for want of evidence, and waits.
  const team = await launch('puppet', ['--teammates', '2', '--limit', 'idle=1']);
  const { id } = await team.json<Task>(
    'tasks',
    'add',
    'Prove it',
    '--needs',
    'evidence',
    '--description',
    '{}',
  );
  const show = (): Promise<TaskWithHistory> => openTaskList(team.dir).get(id);
  const open = async (kind: string) => (await team.status()).alerts.filter((alert) => alert.kind === kind);
  const notices = async (text: string) =>
    (await team.mail({ agent: 'lead', kind: 'notice' })).filter((message) => message.text.includes(text));

  const [stuck] = await eventually(
    'the alert',
    async () => {
      const alerts = await open('stuck task');
      return alerts.length > 0 ? alerts : undefined;
    },
    SLOW,
  );
  expect(stuck?.text).toContain(`is idle, and ${id} is still in progress`);
  await eventually(
    'it to be taken back',
    async () => (await show()).history.some(({ by, event }) => by === 'team' && event === 'released'),
    SLOW,
  );
  expect(await notices(`${id} is still in progress`)).toHaveLength(1);

  await eventually('it to be kept for the lead', async () => (await show()).owner === 'lead', SLOW);
  expect(await show()).toMatchObject({ state: 'pending' });
  expect(await open('pile-up')).toMatchObject([
    { text: expect.stringContaining(`${id} was taken and lost 3 times`) },
  ]);
  await eventually('the notice', async () => (await notices('taken and lost')).length === 1, SLOW);
  expect(
    readAlerts(team.dir).filter(({ kind, type }) => kind === 'pile-up' && type === 'raised'),
  ).toHaveLength(1);

  await team.json('tasks', 'cancel', id, '--reason', 'no use');
  await eventually(
    'the alerts to be closed',
    async () => (await open('pile-up')).length + (await open('stuck task')).length === 0,
    SLOW,
  );
}, 200_000);
