import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';

test('a lead that stops with the job open waits for the user, is shown so, and goes on with a word of theirs', async () => {
  const team = await launch('waiter', ['--teammates', '1']);
  const waited = await team.cowork(['wait', '--json', '--timeout', '60']);
  expect(waited.code).toBe(1);
  expect(JSON.parse(waited.stdout)).toMatchObject({ state: 'running' });
  const { agents, alerts } = await team.status();
  expect(agents[0]).toMatchObject({ state: 'waiting', reason: expect.stringContaining('for you') });
  expect(alerts).toEqual([expect.objectContaining({ agent: 'lead', kind: 'waits for you' })]);
  expect(alerts[0]?.text).toContain('What would you like?');

  await team.send('lead', 'Blue');
  const done = await team.cowork(['wait', '--json', '--timeout', '60']);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({ state: 'done', summary: 'You said: Blue', alerts: [] });
  await eventually('nothing to be left', () => team.processes().length === 0);
});
