import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.', force: true }]] };
const ALONE = ['--teammates', '0'];

test.concurrent('calls of one reply that change things run in its order, and each sees what was done before it', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number }) => {
    if (number > 1) return finish;
    const file = 'list.txt';
    return {
      text: 'I write.',
      calls: [
        ['glob', { pattern: '*' }],
        ['bash', { command: `sleep 0.6; test -e ${file} && echo too early; echo one > ${file}` }],
        ['read', { file_path: file }],
        ['edit', { file_path: file, old_string: 'one', new_string: 'two' }],
        ['bash', { command: `sleep 0.3; cat ${file}; echo three > ${file}` }],
        ['grep', { pattern: 'three', path: file }],
        ['write', { file_path: file, content: 'four\n' }],
        ['task_create', { subject: 'First', description: 'x', key: 'first' }],
        ['task_create', { subject: 'Second', description: 'x', depends_on: ['t1'], owner: 'lead' }],
        ['read', { file_path: file }],
      ],
    };
  }, onTestFinished);
  const team = await launchOn(server, ALONE, onTestFinished);
  await toItsEnd(team);
  expect(server.refused).toEqual([]);
  const content = server.asked[1]?.body.messages.at(-1)?.content ?? [];
  const results = (typeof content === 'string' ? [] : content).map((block) => JSON.stringify(block.content));
  expect(results[0]).not.toContain('list.txt');
  expect(results[1]).not.toContain('too early');
  expect(results[2]).toContain('one');
  expect(results[4]).toContain('two');
  expect(results[5]).toContain('three');
  expect(results[9]).toContain('four');
  const subjects = (await team.tasks()).map(({ id, subject }) => [id, subject]);
  expect(subjects).toEqual([
    ['t1', 'First'],
    ['t2', 'Second'],
  ]);
  expect(readFileSync(join(team.dir, 'agents/lead/workspace/list.txt'), 'utf8')).toBe('four\n');
});

test.concurrent('helpers of one reply run side by side, after what stands before them', async ({
  onTestFinished,
}) => {
  // Each waits for a file of the other.
  const meet = (own: string, other: string) =>
    `test -e first && touch ${own}; for i in $(seq 400); do test -e ${other} && break; sleep 0.05; done; ls ${other}`;
  const server = await serveStrictly(({ role, number, all, last }) => {
    if (role !== 'subagent') {
      if (number > 1) return finish;
      const calls: Said['calls'] = [
        ['bash', { command: 'sleep 0.5; touch first' }],
        ['run_subagent', { prompt: 'Meet as ann' }],
        ['run_subagent', { prompt: 'Meet as bob' }],
        ['bash', { command: 'touch last' }],
      ];
      return { text: 'I ask.', calls };
    }
    if (!last.startsWith('Meet')) return { text: `Met: ${last.trim()}` };
    const command = all.includes('ann') ? meet('ann', 'bob') : meet('bob', 'ann');
    return { text: 'I wait.', calls: [['bash', { command }]] };
  }, onTestFinished);
  const team = await launchOn(server, ALONE, onTestFinished);
  await toItsEnd(team);
  const answered = server.asked.find(({ role, number }) => role === 'lead' && number === 2);
  expect(answered?.last).toMatch(/Met: bob[\s\S]*Met: ann/);
  expect(existsSync(join(team.dir, 'agents/lead/workspace/last'))).toBe(true);
});
