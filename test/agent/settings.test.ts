import { expect, test } from 'vitest';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

const FLAGS = ['--teammates', '0', '--effort', 'high', '--thinking', 'adaptive', '--max-output', '64000'];
const model = ({ number, role }: { number: number; role: string }): Said => {
  if (role === 'subagent') return { thinking: 'Hm.', text: 'Nothing.' };
  if (number === 1)
    return { thinking: 'Hm.', text: 'I ask.', calls: [['run_subagent', { prompt: 'Look.' }]] };
  return { text: 'Done.', calls: [['finish_job', { summary: 'Done.' }]] };
};
const ALL = { max_tokens: 64_000, thinking: { type: 'adaptive' }, output_config: { effort: 'high' } };

test.concurrent('effort, thinking and length of replies are asked of agents and helpers', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(model, onTestFinished);
  const { status } = await toItsEnd(await launchOn(server, FLAGS, onTestFinished));
  expect(status.state).toBe('done');
  expect(server.refused).toEqual([]);
  expect(server.asked.map(({ role }) => role)).toEqual(['lead', 'subagent', 'lead']);
  for (const { body } of server.asked) expect(body).toMatchObject(ALL);
});

test.concurrent('a server that does not know a setting is asked once with it, and without from then on', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(model, onTestFinished, { unknown: ['output_config'] });
  const { status } = await toItsEnd(await launchOn(server, FLAGS, onTestFinished));
  expect(status.state).toBe('done');
  expect(server.refused).toEqual([]);
  expect(server.unknown).toBe(1);
  for (const { body } of server.asked) {
    expect(body.max_tokens).toBe(64_000);
    expect(body).not.toHaveProperty('output_config');
    expect(body).not.toHaveProperty('thinking');
  }
  expect(status.alerts.map(({ kind }: { kind: string }) => kind)).toContain('settings not known');
});
