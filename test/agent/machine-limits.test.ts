import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import { expect, test } from 'vitest';
import { type LimitHit, LimitWatch, limited } from '../../src/agent/machine-limits.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A folder with the files that the kernel shows for a control group. */
async function controlGroup() {
  const folder = join(await temporaryFolder(), 'tools');
  mkdirSync(folder);
  const write = (file: string, content: string) => writeFileSync(join(folder, file), content);
  write('memory.events', 'low 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 0\n');
  write('memory.max', `${300 * 2 ** 20}\n`);
  write('pids.events', 'max 2\n');
  write('pids.max', '64\n');
  write('pids.current', '3\n');
  return { folder, write, watch: new LimitWatch(folder, folder) };
}

test('What happened before is not told, and nothing is when nothing happened', async () => {
  const { watch } = await controlGroup();
  expect(watch.look()).toEqual([]);
});

test('Killed programs are told once, with their number and what there is', async () => {
  const { watch, write } = await controlGroup();
  write('memory.events', 'oom 3\noom_kill 3\n');
  expect(watch.look()).toMatchObject([
    { kind: 'memory', text: expect.stringMatching(/2 programs were killed.*300 MB/) },
  ]);
  expect(watch.look()).toEqual([]);
});

test('Refused processes are told, and what a fork bomb left running is ended', async () => {
  const { watch, write, folder } = await controlGroup();
  write('pids.events', 'max 3\n');
  expect(watch.look()).toMatchObject([
    { kind: 'processes', text: expect.stringMatching(/at most 64 .* refused to start more\.$/) },
  ]);
  write('pids.events', 'max 900\n');
  write('pids.current', '64\n');
  expect(watch.look()).toMatchObject([
    { kind: 'processes', text: expect.stringContaining('begin a new one') },
  ]);
  expect(readFileSync(join(folder, 'cgroup.kill'), 'utf8')).toBe('1');
});

test('Without the files of the kernel nothing is told, and nothing fails', async () => {
  expect(new LimitWatch('/nowhere', '/').look()).toEqual([]);
});

test('A tool says with its result, good or bad, which limit was reached while it ran', async () => {
  const hit: LimitHit = { kind: 'disk', text: 'You ran out of disk.' };
  const told: LimitHit[] = [];
  const tool = (run: BetaRunnableTool['run']) =>
    limited(
      { type: 'custom', name: 'x', input_schema: { type: 'object' }, parse: (input) => input, run },
      { look: () => [hit] },
      (each) => told.push(each),
    );
  expect(await tool(async () => 'fine').run({})).toBe('fine\n[limit] You ran out of disk.');
  const failing = tool(async () => {
    throw new ToolError('no');
  });
  await expect(failing.run({})).rejects.toMatchObject({ content: 'no\n[limit] You ran out of disk.' });
  expect(told).toEqual([hit, hit]);
});
