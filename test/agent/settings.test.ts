import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
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

test.concurrent('effort and thinking are each agent’s own: of the spawn, else of its definition, else of the team', async ({
  onTestFinished,
}) => {
  const spawn = (name: string, more: object): [string, Record<string, unknown>] => [
    'spawn_teammate',
    { name, role: 'helper', prompt: 'Say that you are there.', ...more },
  ];
  const said = ({ agent, number }: { agent: string; number: number }): Said => {
    if (agent !== 'lead') return { text: 'I am there.' };
    if (number === 1) {
      const calls = [spawn('ada', { effort: 'low', thinking: 'off' }), spawn('ben', { agent: 'careful' })];
      return {
        text: 'I add some.',
        calls: [...calls, spawn('cleo', { agent: 'careful', effort: 'medium' })],
      };
    }
    return { text: 'I wait.' };
  };
  const server = await serveStrictly(said, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0', '--effort', 'high'], onTestFinished, (desk) => {
    mkdirSync(join(desk.folder, '.cowork', 'agents'), { recursive: true });
    const definition = '---\nname: careful\ndescription: Takes care\neffort: max\n---\nTake care.\n';
    writeFileSync(join(desk.folder, '.cowork', 'agents', 'careful.md'), definition);
  });
  await team.json('spawn', 'dan', '--effort', 'xhigh', '-t', team.name);
  for (const name of ['ada', 'ben', 'cleo', 'dan']) {
    await team.send(name, 'Are you there?');
    await eventually(
      `${name} to be asked for`,
      () => server.asked.some(({ agent }) => agent === name),
      40_000,
    );
  }
  const of = (name: string) => server.asked.find(({ agent }) => agent === name)?.body;
  expect(of('lead')).toMatchObject({ output_config: { effort: 'high' } });
  expect(of('ada')).toMatchObject({ output_config: { effort: 'low' }, thinking: { type: 'disabled' } });
  expect(of('ben')).toMatchObject({ output_config: { effort: 'max' } });
  expect(of('cleo')).toMatchObject({ output_config: { effort: 'medium' } });
  expect(of('dan')).toMatchObject({ output_config: { effort: 'xhigh' } });
  expect(server.refused).toEqual([]);
});
