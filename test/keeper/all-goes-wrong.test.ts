import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { coworkHome, imagesFolder } from '../../src/team/paths.ts';
import { eventually } from '../support/eventually.ts';
import { type Asked, type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

const REPORT = '/grants/mine/report.md';
const write = (content: string): Said => ({
  text: 'I write.',
  calls: [['write', { file_path: REPORT, content }]],
});
/** Replies that each agent may get before the user is asked. */
const TURNS = 16;

/**
 * One job in virtual machines in which much goes wrong: the lead wants to finish with tasks open, its context overflows, it refuses a plan twice; both teammates
 * write one file; one of them runs into its limit, and ends without a report.
 */
test('a job in virtual machines survives a hasty lead, a full context, refused plans, a shared file, a used budget and a silent teammate', {
  timeout: 300_000,
}, async ({ onTestFinished }) => {
  let summaries = 0;
  let isOpen = false;
  const plans: string[] = [];

  /** What the lead has been told, whatever it was doing then. */
  const heard = new Set<string>();
  const lead = ({ all, last, number }: Asked): Said => {
    for (const [word] of all.matchAll(/Plan of \w+, version \d|I have nothing to say|"state":"cancelled"/g))
      heard.add(word);
    if (last.includes('replaced by a summary that you write now')) {
      summaries++;
      return { text: 'SUMMARY: ada and ben write the report, I decide about their plans.' };
    }
    if (number === 1)
      return {
        text: 'I plan.',
        calls: ['ada', 'ben'].map((owner) => [
          'task_create',
          { subject: `Report of ${owner}`, description: 'Write it.', owner },
        ]),
      };
    if (number === 2) return { text: 'That was it.', calls: [['finish_job', { summary: 'Done.' }]] };
    const waiting = [...heard].filter((word) => word.startsWith('Plan') && !plans.includes(word));
    if (waiting.length > 0)
      return {
        text: 'I review.',
        calls: waiting.map((plan) => {
          plans.push(plan);
          const name = plan.includes('ben') ? 'ben' : 'ada';
          const approve = name === 'ben' || plan.endsWith('3');
          return ['review_plan', approve ? { name, approve } : { name, approve, feedback: 'Not so.' }];
        }),
      };
    if (summaries === 0)
      return {
        text: `Noise ${number}.`,
        calls: [['bash', { command: `printf '%15000s' ${number} | tr ' ' x` }]],
      };
    if (heard.has('"state":"cancelled"') && !last.includes('JOB_OPEN'))
      return { text: 'Now.', calls: [['finish_job', { summary: 'ada has written it.' }]] };
    if (heard.delete('I have nothing to say') && !heard.has('"state":"cancelled"'))
      return {
        text: 'I take it back.',
        calls: [['task_update', { id: 't2', state: 'cancelled', result: 'ben says nothing' }]],
      };
    return { text: 'I wait.' };
  };

  let plansOfAda = 0;
  let writesOfAda = 0;
  const ada = async ({ all, last, number }: Asked): Promise<Said> => {
    if (number === 1) return write('too early');
    if (!all.includes('Your plan is approved')) {
      const refusals = all.split('is not approved. Not so').length - 1;
      if (plansOfAda > refusals) return { text: 'I wait for a decision.' };
      plansOfAda++;
      return { text: 'I plan.', calls: [['submit_plan', { plan: `Plan of ada, version ${plansOfAda}` }]] };
    }
    if (++writesOfAda === 1) return write('first of ada');
    await eventually('the other one', () => isOpen, 100_000);
    if (writesOfAda === 2) return write('second of ada');
    if (last.includes('"completed"')) return { text: 'Done.' };
    return {
      text: 'I am done.',
      calls: [['task_update', { id: 't1', state: 'completed', result: 'written' }]],
    };
  };

  let writesOfBen = 0;
  const ben = async ({ all, number }: Asked): Promise<Said> => {
    if (number === 1)
      return { text: 'I plan.', calls: [['submit_plan', { plan: 'Plan of ben, version 1' }]] };
    if (!all.includes('Your plan is approved')) return { text: 'I wait for a decision.' };
    if (++writesOfBen === 1) return write('first of ben');
    await eventually('the other one', () => isOpen, 100_000);
    if (number <= TURNS) return { text: `Look ${number}.`, calls: [['bash', { command: `echo ${number}` }]] };
    return { text: 'I have nothing to say.' };
  };

  const parts = { lead, ada, ben };
  const server = await serveStrictly(
    (asked) => parts[asked.agent as keyof typeof parts](asked),
    (work) => onTestFinished(work),
  );
  const flags = ['--sandbox', 'vm', '--teammates', '2', '--require-plan', '--max-turns', String(TURNS)];
  const team = await launchOn(server, flags, onTestFinished, ({ env }) => {
    env.COWORK_IMAGES = imagesFolder(coworkHome());
    env.COWORK_CONTEXT_TOKENS = '16000';
  });
  const ofTeam = async (agent: string) => (await team.mail({ agent, from: 'team' })).map(({ text }) => text);

  await eventually(
    'both writers to be told of each other',
    async () =>
      (await ofTeam('ada')).some((text) => text.includes('You and ben both change')) &&
      (await ofTeam('ben')).some((text) => text.includes('You and ada both change')),
    100_000,
  );
  isOpen = true;
  const limit = new RegExp(`${TURNS} of ${TURNS} turns of ben are used; go on with: cowork resume`);
  await eventually(
    'ben to run into its limit',
    async () => limit.test((await team.agent('ben')).reason),
    100_000,
  );
  await team.json('resume', '--max-turns', '200');
  const { status } = await toItsEnd(team, 100);

  expect(status).toMatchObject({ state: 'done', summary: 'ada has written it.' });
  expect(status.agents.map(({ sandbox }: { sandbox: string }) => sandbox)).toEqual(['vm', 'vm', 'vm']);
  expect(summaries).toBeGreaterThanOrEqual(1);
  expect(server.refused).toEqual([]);
  const asked = (agent: string, number: number) =>
    server.asked.find((each) => each.agent === agent && each.number === number);
  expect(asked('lead', 3)?.last).toContain('JOB_OPEN');
  expect(asked('ada', 2)?.last).toContain('PLAN_NEEDED');
  expect(plans.toSorted()).toEqual([
    ...[1, 2, 3].map((version) => `Plan of ada, version ${version}`),
    'Plan of ben, version 1',
  ]);
  const report = (await team.mail({ agent: 'lead', from: 'ben' })).find(({ kind }) => kind === 'report');
  expect(report?.text).toMatch(/^I ended my turn with t2 still in progress\.[\s\S]*I have nothing to say/);
  expect(readFileSync(join(team.folder, 'report.md'), 'utf8')).toBe('second of ada');
  expect((await team.tasks()).map(({ state }) => state)).toEqual(['completed', 'cancelled']);
  await eventually('nothing to be left', () => team.processes().length === 0);
});
