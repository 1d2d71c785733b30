import { expect, test } from 'vitest';
import { kill } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch, type TestTeam } from '../support/team.ts';

/** Everything addressed to ada has been seen, so the runtime gives it the next task. */
async function isFreeForWork(team: TestTeam): Promise<void> {
  await eventually(
    'ada to have seen all its mail',
    async () => (await team.agent('ada')).unread === 0,
    15_000,
  );
  await team.json('tasks', 'add', 'Go on', '--description', '{}');
  await eventually(
    'the task to be done',
    async () =>
      (await team.tasks()).some(({ subject, state }) => subject === 'Go on' && state === 'completed'),
    15_000,
  );
}

test('mail that entered a turn which was interrupted before the model answered counts as seen by the next', async () => {
  const team = await launch('slow-puppet', ['--teammates', '1']);
  await team.send('ada', 'Something');
  await eventually('the mail to be in the context', () =>
    JSON.stringify(team.transcript('ada')).includes('Something'),
  );
  await team.send('ada', 'Something else', 'interrupt');
  await isFreeForWork(team);
  expect((await team.mail({ agent: 'ada' })).map(({ state }) => state)).toEqual(['acked', 'acked']);
});

test('mail that was in the context when the agent died is seen once by its next life, and holds up no work', async () => {
  const team = await launch('slow-puppet', ['--teammates', '1']);
  await team.send('ada', 'Something');
  await eventually('the mail to be in the context', () =>
    JSON.stringify(team.transcript('ada')).includes('Something'),
  );
  const { pid } = await team.agent('ada');
  kill(pid ?? Number.NaN);
  await eventually('its next life', async () => (await team.agent('ada')).incarnation === 2, 15_000);
  await isFreeForWork(team);
  const said = team.transcript('ada').filter((entry) => JSON.stringify(entry).includes('Something'));
  expect(said).toHaveLength(1);
});
