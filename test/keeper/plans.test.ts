import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Approval } from '../../src/protocol/approval.ts';
import { readTeam } from '../../src/team/team.ts';
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

test('a plan is in the inbox of requests, too: user or lead decides, whoever is first', async () => {
  const requests = () => team().json<Approval[]>('approvals', '--all');
  // What the lead has decided so far stands there as its answers.
  expect((await requests()).map(({ kind, state, answeredBy }) => [kind, state, answeredBy])).toEqual([
    ['plan', 'denied', 'lead'],
    ['plan', 'denied', 'lead'],
    ['plan', 'allowed', 'lead'],
  ]);
  expect((await team().status()).alerts).toEqual([]);
  await team().cowork(['spawn', 'ben', '--require-plan']);
  await team().settled('ben');
  const submit = (plan: string) => team().order('ben', [[['submit_plan', { plan }]]]);
  await submit('First.');
  await submit('Second.\nWith more.');
  const [, , , first, second] = await requests();
  expect(first).toMatchObject({ id: 'a4', state: 'expired', note: 'another plan was submitted' });
  expect(second).toMatchObject({ id: 'a5', agent: 'ben', state: 'open', what: 'Second.' });
  await team().json('approvals', 'deny', 'a5', '--note', 'Smaller.');
  const said = (to: string, text: string) =>
    eventually(`${to} to be told`, async () =>
      (await team().mail({ agent: to })).some((message) => message.text.includes(text)),
    );
  await said('ben', 'Your plan is not approved. Smaller. Submit another one');
  await said('lead', 'The user has decided on the plan of ben: not approved. Smaller.');
  expect(readTeam(team().dir).agents.find(({ name }) => name === 'ben')?.plan).toBe('needed');
  await submit('Third.');
  await team().json('approvals', 'allow', 'a6');
  const [late] = await team().order('lead', [[['review_plan', { name: 'ben', approve: false }]]]);
  expect(late?.results[0]?.isError).toBe(true);
  const [step] = await team().order('ben', [[['bash', { command: 'true' }]]]);
  expect(step?.results[0]?.isError).toBe(false);
});

test('a teammate decides on no plan, and one that is spawned later needs one, too', async () => {
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
