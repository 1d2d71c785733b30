import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { sharedTeam } from '../support/team.ts';

const team = sharedTeam('puppet', ['--teammates', '1', '--require-plan']);

test('a teammate that needs a plan changes nothing before the lead has approved it, however often it is refused', async () => {
  const file = join(team().folder, 'new.txt');
  const write = () =>
    team().order('ada', [
      [
        ['write', { file_path: file, content: 'x' }],
        ['bash', { command: `echo x > ${file}.too` }],
        ['read', { file_path: join(team().folder, 'words.txt') }],
      ],
    ]);
  const codes = async () =>
    (await write())[0]?.results.map(({ isError, json }) => (isError ? json.error.code : 'ok'));
  const submit = async (plan: string) =>
    (await team().order('ada', [[['submit_plan', { plan }]]]))[0]?.results[0];
  const review = async (input: object) =>
    (await team().order('lead', [[['review_plan', { name: 'ada', ...input }]]]))[0]?.results[0];

  expect(await codes()).toEqual(['PLAN_NEEDED', 'PLAN_NEEDED', 'ok']);
  expect((await review({ approve: true }))?.json.error.code).toBe('PLAN_STATE');
  for (const plan of ['I delete everything.', 'I delete half.']) {
    expect((await submit(plan))?.isError).toBe(false);
    await eventually('the lead to have the plan', async () =>
      (await team().mail({ agent: 'lead', from: 'ada' })).some(({ text }) => text.includes(plan)),
    );
    expect((await review({ approve: false, feedback: 'Delete nothing.' }))?.isError).toBe(false);
    expect(await codes()).toEqual(['PLAN_NEEDED', 'PLAN_NEEDED', 'ok']);
  }
  const answers = (await team().mail({ agent: 'ada', from: 'lead' })).map(({ text }) => text);
  expect(answers).toHaveLength(2);
  expect(answers[0]).toBe('Your plan is not approved. Delete nothing. Submit another one with submit_plan.');
  expect([file, `${file}.too`].map((name) => existsSync(name))).toEqual([false, false]);

  await submit('I write one file.');
  expect((await review({ approve: true }))?.isError).toBe(false);
  expect(await codes()).toEqual(['ok', 'ok', 'ok']);
  expect([file, `${file}.too`].map((name) => existsSync(name))).toEqual([true, true]);
  expect((await submit('More.'))?.json.error.code).toBe('PLAN_STATE');
});

test('only the lead decides on plans, and a teammate that is spawned later needs one, too', async () => {
  const [step] = await team().order('ada', [[['task_list', {}]]]);
  expect(step?.results[0]?.isError).toBe(false);
  const [spawned] = await team().order('lead', [
    [['spawn_teammate', { name: 'cleo', role: 'helper', prompt: 'Help.', budget: 1 }]],
  ]);
  expect(spawned?.results[0]?.isError).toBe(false);
  await team().settled('cleo');
  const [refused] = await team().order('cleo', [[['bash', { command: 'true' }]]]);
  expect(refused?.results[0]?.json.error.code).toBe('PLAN_NEEDED');
});
