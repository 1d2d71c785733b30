import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn } from '../support/strict/team.ts';
import type { TestTeam } from '../support/team.ts';

const ALONE = ['--teammates', '0'];
const running = (team: TestTeam, command: string) =>
  eventually(`${command} to run`, () => team.processes().some((each) => each.command === command), 30_000);
const results = (team: TestTeam) =>
  team
    .transcript('lead')
    .flatMap((entry) => (entry.type === 'user' ? entry.content : []))
    .filter(({ type }) => type === 'tool_result');

test.concurrent('who is stopped finishes what runs, keeps its result, and asks the model nothing more', async ({
  onTestFinished,
}) => {
  const command = 'touch begun; until test -e go; do sleep 0.1; done; echo finished | tee done.txt';
  const server = await serveStrictly(
    () => ({ text: 'I work.', calls: [['bash', { command }]] }),
    onTestFinished,
  );
  const team = await launchOn(server, ALONE, onTestFinished);
  const workspace = join(team.dir, 'agents/lead/workspace');
  await eventually('it to work', () => existsSync(join(workspace, 'begun')), 30_000);
  const stopped = team.json('stop');
  await eventually('it to be asked', async () => (await team.agent('lead')).state === 'stopping', 30_000);
  writeFileSync(join(workspace, 'go'), '');
  expect(await stopped).toMatchObject({ state: 'stopped' });
  expect(readFileSync(join(workspace, 'done.txt'), 'utf8')).toBe('finished\n');
  expect(JSON.stringify(results(team))).toContain('finished');
  expect(server.asked).toHaveLength(1);
  expect(server.refused).toEqual([]);
});

test.concurrent('what takes longer is interrupted, answered as cut off, and nothing of it runs on', async ({
  onTestFinished,
}) => {
  const calls: Said['calls'] = [
    ['bash', { command: 'sleep 71' }],
    ['bash', { command: 'touch never' }],
  ];
  const server = await serveStrictly(() => ({ text: 'I wait.', calls }), onTestFinished);
  const team = await launchOn(server, ALONE, onTestFinished);
  await running(team, 'sleep 71');
  expect(await team.json('stop')).toMatchObject({ state: 'stopped' });
  expect(JSON.stringify(results(team))).toMatch(/cut off[\s\S]*Not run: the turn was interrupted/);
  expect(existsSync(join(team.dir, 'agents/lead/workspace/never'))).toBe(false);
  expect(team.processes()).toEqual([]);
});

test.concurrent('a model that does not answer, or takes no more, keeps nobody from being stopped', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ role, agent }) => {
    if (agent === 'ada') return { text: 'x'.repeat(70), fault: { after: 6, how: 'stall' } };
    return role === 'lead' ? new Promise<Said>(() => {}) : { text: '' };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '1'], onTestFinished);
  await team.send('ada', 'Say something.');
  await eventually(
    'both to be asked',
    () => new Set(server.asked.map(({ agent }) => agent)).size === 2,
    30_000,
  );
  expect(await team.json('stop')).toMatchObject({ state: 'stopped' });
  expect(team.processes()).toEqual([]);
});

test.concurrent('an agent that answers nothing any more is ended by force', async ({ onTestFinished }) => {
  const server = await serveStrictly(() => new Promise<Said>(() => {}), onTestFinished);
  const team = await launchOn(server, ALONE, onTestFinished);
  await eventually('it to ask', () => server.asked.length === 1, 30_000);
  const agent = team.processes().find(({ command }) => command.includes('agent.mjs'));
  process.kill(agent?.pid ?? 0, 'SIGSTOP');
  expect(await team.json('stop')).toMatchObject({ state: 'stopped' });
  expect(team.processes()).toEqual([]);
});
