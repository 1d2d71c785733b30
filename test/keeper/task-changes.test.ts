import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Call, launch, type TestTeam } from '../support/team.ts';

const SLOW = 60_000;
const waitFor = (file: string): Call[][] => [
  [['bash', { command: `while [ ! -e ${file} ]; do sleep 0.1; done` }]],
  [['bash', { command: 'true' }]],
];

/** Gives ada a task that goes on until `file` is in the granted folder, and waits until it works on it. */
async function work(team: TestTeam, file: string): Promise<string> {
  const description = JSON.stringify({ steps: waitFor(`${team.folder}/${file}`) });
  const { id } = await team.json<{ id: string }>(
    'tasks',
    'add',
    `Wait for ${file}`,
    '--owner',
    'ada',
    '--description',
    description,
  );
  await eventually('ada to work on it', async () => (await team.agent('ada')).task === id, SLOW);
  return id;
}

const told = (team: TestTeam, to: string, text: RegExp) =>
  eventually(
    `${to} to have got ${text}`,
    async () =>
      (await team.mail({ agent: to, from: 'team' })).find(
        (message) => text.test(message.text) && ['seen', 'acked'].includes(message.state),
      ),
    SLOW,
  );

test('the user changes the list while the team runs: who works on a task hears that it was changed, taken back or cancelled', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const id = await work(team, 'first');
  await team.json('tasks', 'edit', id, '--subject', 'Wait for something else');
  await team.json('tasks', 'cancel', id, '--reason', 'not "needed"');
  await eventually('status to show no task', async () => (await team.agent('ada')).task === null, SLOW);
  writeFileSync(join(team.folder, 'first'), '');
  await told(team, 'ada', new RegExp(`^user has changed ${id} \\("Wait for something else"\\)`));
  await told(
    team,
    'ada',
    new RegExp(`^user has cancelled ${id} .*: "not \\\\"needed\\\\"". Do not go on with it`),
  );
  // What it did by itself it is not told of.
  expect(
    (await team.mail({ agent: 'ada', from: 'team' })).map(({ text }) => text.split(' ').slice(0, 3)),
  ).toEqual([
    ['user', 'has', 'changed'],
    ['user', 'has', 'cancelled'],
  ]);

  const given = await work(team, 'second');
  await team.json('tasks', 'release', given, '--owner', 'lead', '--reason', 'the lead does it');
  writeFileSync(join(team.folder, 'second'), '');
  await told(team, 'ada', new RegExp(`^user has taken ${given} .* back from you`));
}, 240_000);

test('who gave a task to review hears that it was sent back, and goes on with it', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const { id } = await team.json<{ id: string }>(
    'tasks',
    'add',
    'Reviewed',
    '--needs',
    'review',
    '--owner',
    'lead',
  );
  await team.order('lead', [
    [['task_claim', { id }]],
    [['task_update', { id, state: 'review', result: 'my work' }]],
  ]);
  const judged = await team.order('ada', [
    [['task_update', { id, state: 'in_progress', result: 'not good enough' }]],
  ]);
  expect(judged[0]?.results[0]?.isError).toBe(false);
  await told(
    team,
    'lead',
    new RegExp(`^ada has sent ${id} .* back to you. Its result now says "not good enough"`),
  );
  const done = await team.order('lead', [[['task_update', { id, state: 'review', result: 'better' }]]]);
  expect(done[0]?.results[0]?.isError).toBe(false);
  await team.order('ada', [[['task_update', { id, state: 'completed' }]]]);
  expect((await team.tasks()).find((task) => task.id === id)).toMatchObject({
    state: 'completed',
    owner: 'lead',
  });
}, 240_000);
