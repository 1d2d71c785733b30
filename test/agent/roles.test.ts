import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Desk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { writeFiles } from '../support/files.ts';
import { type Asked, type Said, serveStrictly, waitsForUser } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.', force: true }]] };
const toolsIn = (asked: Asked | undefined) => (asked?.body.tools ?? []).map(({ name }) => name);

/** A plugin with an agent that may read, knows a skill and asks for a model of its own. */
const pluginAt = (desk: Desk): string =>
  writeFiles(join(desk.tmp, 'office'), {
    '.claude-plugin/plugin.json': '{"name":"office","version":"1.0.0"}',
    'agents/reviewer.md': `---\nname: reviewer\ndescription: Reviews what others wrote\ntools: Read, Grep, Bash(git:*)\nmodel: small-model\nskills: [checklist]\nmaxTurns: 1\neffort: low\ncolor: orange\n---\nYou review with \${CLAUDE_PLUGIN_ROOT}/list.`,
    'agents/writer.md':
      '---\nname: writer\ndescription: Writes\ndisallowedTools: Bash\nmodel: inherit\n---\nYou write.',
    'skills/checklist/SKILL.md': '---\ndescription: A list\n---\nCheck A and !`echo B`.',
  });

test.concurrent('a definition of a plugin is the role of a teammate: prompt, tools, model and skills', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly((asked) => {
    const { agent, number, all, last } = asked;
    if (agent !== 'lead')
      return { text: 'I look.', calls: number === 1 ? [['bash', { command: 'true' }]] : [] };
    if (number === 1) {
      const words = { text: 'Look.', priority: 'steer' };
      const calls: Said['calls'] = ['rev', 'wri', 'free'].map((to) => ['send_message', { to, ...words }]);
      const spawn = { name: 'rev2', role: 'second reader', prompt: 'Read twice.', agent: 'office:reviewer' };
      return { text: 'Go.', calls: [...calls, ['spawn_teammate', spawn]] };
    }
    if (number === 2) return { text: 'You, too.', calls: [['send_message', { to: 'rev2', text: 'Look.' }]] };
    if (last.includes('go on') || all.includes('go on')) return finish;
    return waitsForUser(asked);
  }, onTestFinished);
  const flags = ['rev:office:reviewer', 'wri:writer', 'free:office manager'].flatMap((given) => [
    '--teammate',
    given,
  ]);
  const team = await launchOn(server, flags, onTestFinished, async (desk) => {
    await desk.json('plugin', 'add', pluginAt(desk), '--yes');
  });
  const first = (name: string) => server.asked.find(({ agent, number }) => agent === name && number === 1);
  await eventually('rev2 to have spoken', () => first('rev2') !== undefined, 40_000);
  await eventually('all to have spoken', () => ['rev', 'wri', 'free'].every((name) => first(name)), 40_000);
  expect((await team.agent('rev')).color).toBe('orange');
  expect((await team.agent('rev2')).color).toBe('orange');
  expect(await team.agent('free')).not.toHaveProperty('color');
  await team.json('send', 'lead', 'go on');
  await toItsEnd(team);
  expect(server.refused).toEqual([]);
  const system = (name: string) => first(name)?.body.system?.[0]?.text ?? '';
  expect(system('rev')).toMatch(/You review with \/\S+\/list\./);
  expect(system('rev')).toMatch(/<skill name="office:checklist">[\s\S]*Check A and/);
  expect(first('rev')?.body.model).toBe('small-model');
  expect(toolsIn(first('rev'))).toEqual(
    expect.arrayContaining(['read', 'grep', 'task_update', 'send_message', 'skill']),
  );
  expect(
    toolsIn(first('rev')).filter((name) => ['bash', 'write', 'edit', 'run_subagent'].includes(name)),
  ).toEqual([]);
  // Who has no shell runs no commands of skills either.
  expect(system('rev')).toContain('[not run, as this agent has no shell: echo B]');
  expect(system('wri')).toContain('You write.');
  expect(toolsIn(first('wri'))).toEqual(expect.arrayContaining(['read', 'write', 'edit']));
  expect(toolsIn(first('wri'))).not.toContain('bash');
  expect(first('wri')?.body.model).not.toBe('small-model');
  expect(toolsIn(first('free'))).toContain('bash');
  expect(system('rev2')).toMatch(/You review with[\s\S]*Read twice\./);
  expect(system('lead')).toMatch(/- rev: office:reviewer[\s\S]*- free: office manager/);
});

test.concurrent('a definition of a plugin is a helper of run_subagent', async ({ onTestFinished }) => {
  const server = await serveStrictly(({ role, number, all }) => {
    if (role === 'subagent') return { text: 'I look.', calls: [['bash', { command: 'git --version' }]] };
    if (number > 1) return finish;
    const calls: Said['calls'] = [
      ['run_subagent', { prompt: 'Look at words', agent: 'office:reviewer' }],
      ['run_subagent', { prompt: 'Look', agent: 'office:nobody' }],
    ];
    return { text: all, calls };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
    await desk.json('plugin', 'add', pluginAt(desk), '--yes');
  });
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const tool = server.asked[0]?.body.tools?.find(({ name }) => name === 'run_subagent');
  expect(JSON.stringify(tool)).toContain('- office:reviewer: Reviews what others wrote');
  const helper = server.asked.filter(({ role }) => role === 'subagent');
  // One reply is all that its definition gives it.
  expect(helper).toHaveLength(1);
  expect(helper[0]?.body).toMatchObject({ model: 'small-model', output_config: { effort: 'low' } });
  expect(toolsIn(helper[0])).toEqual(['bash', 'read', 'grep']);
  expect(helper[0]?.body.system?.[0]?.text).toMatch(/^You review with/);
  expect(helper[0]?.all).toMatch(/Check A and B\.[\s\S]*Look at words/);
  expect(server.asked.findLast(({ role }) => role === 'lead')?.last).toMatch(
    /I look\.\n\[It reached its limit of replies\.\][\s\S]*There is no kind of helper "office:nobody"/,
  );
});

test.concurrent('a role of a plugin that has no such agent starts no team', async ({ onTestFinished }) => {
  const server = await serveStrictly(() => finish, onTestFinished);
  const launched = launchOn(server, ['--teammate', 'rev:office:revewer'], onTestFinished, async (desk) => {
    await desk.json('plugin', 'add', pluginAt(desk));
  });
  await expect(launched).rejects.toThrow(
    /no agent definition \\?"office:revewer[\s\S]*office:reviewer, office:writer/,
  );
});
