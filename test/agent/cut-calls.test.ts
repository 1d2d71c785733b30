import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerCut } from '../../src/agent/cut-calls.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** What an agent is told of each call, in order; `known` is what the keeper says. */
async function told(
  workspace: string,
  calls: [name: string, input: object][],
  known: Record<string, string> = {},
): Promise<string[]> {
  const results = await answerCut(
    calls.map(([name, input], i) => ({ type: 'tool_use', id: `c${i}`, name, input })),
    { workspace, known: async () => known, ready: async () => {} },
  );
  expect(results.map(({ tool_use_id, is_error }) => [tool_use_id, is_error])).toEqual(
    calls.map((_, i) => [`c${i}`, true]),
  );
  return results.map(({ content }) => String(content));
}

test('a file tells whether a write or an edit that was cut off was done, and nothing is said where it could be either', async () => {
  const workspace = await temporaryFolder();
  await writeFile(join(workspace, 'new.txt'), 'all of it');
  await writeFile(join(workspace, 'old.txt'), 'the old words');
  await writeFile(join(workspace, 'both.txt'), 'a, and a b');
  await mkdir(join(workspace, 'folder'));
  const edit = (file: string, before: string, after: string): [string, object] => [
    'edit',
    { file_path: file, old_string: before, new_string: after },
  ];
  const verdicts = await told(workspace, [
    ['write', { file_path: 'new.txt', content: 'all of it' }],
    ['write', { file_path: 'old.txt', content: 'all of it' }],
    ['write', { file_path: 'never.txt', content: 'all of it' }],
    edit('new.txt', 'nothing', 'all'),
    edit('old.txt', 'old', 'new'),
    edit('old.txt', 'young ', ''),
    edit('both.txt', 'a', 'a b'),
    ['write', { file_path: 'folder', content: 'x' }],
  ]);
  const shorts = verdicts.map((text) => /was done|was not done|is not known/.exec(text)?.[0]);
  expect(shorts).toEqual([
    ...['was done', 'was not done', 'was not done'],
    ...['was done', 'was not done', 'was done', 'is not known', 'is not known'],
  ]);
});

test('each kind of tool that was cut off has words of its own, and what the keeper knows comes first', async () => {
  const verdicts = await told(
    await temporaryFolder(),
    [
      ['bash', { command: 'make' }],
      ['grep', { pattern: 'x' }],
      ['run_subagent', { prompt: 'look' }],
      ['mcp__shop__order', {}],
      ['send_message', { to: 'ben', text: 'hi' }],
      ['odd', 'no object' as unknown as object],
    ],
    { c4: 'It was done: message M to ben is sent.' },
  );
  for (const text of verdicts) expect(text).toMatch(/^Cut off: the agent was restarted\. /);
  expect(verdicts[0]).toContain('All that the command had started has ended');
  expect(verdicts[1]).toContain('only looks');
  expect(verdicts[2]).toContain('what it found is lost');
  expect(verdicts[3]).toContain('Whether the server has done it is not known');
  expect(verdicts[4]).toContain('message M to ben is sent');
  expect(verdicts[5]).toContain('look before you repeat it');
});

test('without a word of the keeper nothing is guessed', async () => {
  const [result] = await answerCut([{ type: 'tool_use', id: 'c', name: 'send_message', input: {} }], {
    ...{ workspace: '/nowhere', ready: async () => {} },
    known: () => Promise.reject(new Error('the gate is gone')),
  });
  expect(result?.content).toContain('is not known');
});
