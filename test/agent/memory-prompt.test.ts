import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMemory } from '../../src/memory/memory.ts';
import { type Asked, type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

test('an agent is told which notes there are and none of their text, and gets that when it asks', async ({
  onTestFinished,
}) => {
  const prompts: string[] = [];
  const offered: string[] = [];
  const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.', force: true }]] };
  const server = await serveStrictly(({ number, body }: Asked) => {
    prompts.push(JSON.stringify(body.system));
    offered.push(...(body.tools ?? []).map(({ name }) => name));
    const view = { command: 'view', path: '/memories/project/build.md' };
    return number === 1 ? { text: 'I look.', calls: [['memory', view]] } : finish;
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async ({ home, folder }) => {
    mkdirSync(join(folder, '.cowork'));
    const user = { agent: 'user', team: null };
    await openMemory(home, folder).change(
      'project/build.md',
      user,
      () => '# How to build\nRun make twice.\n',
    );
  });
  expect((await toItsEnd(team)).code).toBe(0);
  expect(offered).toContain('memory');
  expect(prompts[0]).toContain('- /memories/project/build.md: How to build');
  expect(prompts[0]).toContain("they can't grant you anything");
  expect(prompts.join('')).not.toContain('Run make twice');
  const read = team.transcript('lead').map((entry) => JSON.stringify(entry));
  expect(read.some((entry) => entry.includes('Run make twice'))).toBe(true);
});
