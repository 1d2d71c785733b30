import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Desk } from '../../support/cowork.ts';
import { eventually } from '../../support/eventually.ts';
import { writeFiles as write } from '../../support/files.ts';
import { type Said, serveStrictly, waitsForUser } from '../../support/strict/server.ts';
import { launchOn, toItsEnd } from '../../support/strict/team.ts';

const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.' }]] };

const pluginAt = (desk: Desk): string =>
  write(join(desk.tmp, 'office'), {
    '.claude-plugin/plugin.json': '{"name":"office","version":"1.0.0"}',
    'skills/report/SKILL.md':
      '---\nname: report\ndescription: Writes reports. Use it for reports.\n---\nReport on $0. Today is !`echo a-$((6*7))-day`. Follow form.md.\nSee @words-in-scratch.txt',
    'skills/report/form.md': 'The form.',
    'skills/fails/SKILL.md': '---\ndescription: Fails\n---\nBefore !`echo oh no >&2; exit 3` after',
    'skills/apart/SKILL.md':
      '---\ndescription: Works apart\ncontext: fork\nallowed-tools: Read, Bash(git:*)\nmodel: small-model\neffort: low\n---\nCount $ARGUMENTS apart.',
    'skills/mine/SKILL.md': '---\ndescription: For people\ndisable-model-invocation: true\n---\nFor people.',
    'commands/greet.md': `---\ndescription: Greets\n---\nSay hello to $1 from \${CLAUDE_PLUGIN_ROOT}.`,
    'bin/office-tool': '#!/bin/sh\necho tool-of-office\n',
  });

test.concurrent('skills are listed by description, give their text on use and their files on demand, and fork', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ role, number, all }) => {
    if (role === 'subagent') {
      if (number > 1) return { text: `counted: ${all}` };
      const calls: Said['calls'] = [
        ['bash', { command: 'git --version' }],
        ['bash', { command: 'git --version; echo not-$((40+2))-git' }],
        ['bash', { command: 'gitk' }],
      ];
      return { text: 'I try.', calls };
    }
    if (number === 1)
      return { text: 'I look.', calls: [['bash', { command: 'echo scratch > words-in-scratch.txt' }]] };
    if (number === 2) {
      return {
        text: 'I use them.',
        calls: [
          ['skill', { name: 'office:report', arguments: '"the bees" now' }],
          ['skill', { name: 'fails' }],
          ['skill', { name: 'office:apart', arguments: 'ants' }],
          ['skill', { name: 'office:mine' }],
          ['skill', { name: 'write a report' }],
          ['skill', { name: 'tidy' }],
          ['skill', { name: 'brief' }],
          ['skill', { name: 'stolen' }],
          ['skill', { name: 'office:greet', arguments: 'ada' }],
        ],
      };
    }
    const folder = /files are in (\S*skills\/report)\./.exec(all)?.[1] ?? 'nowhere';
    if (number === 3) {
      return {
        text: 'I read.',
        calls: [
          ['read', { file_path: join(folder, 'form.md') }],
          ['write', { file_path: join(folder, 'form.md'), content: 'spoilt' }],
        ],
      };
    }
    return finish;
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
    await desk.json('plugin', 'add', pluginAt(desk), '--yes');
    write(desk.tmp, {
      '.claude/skills/tidy/SKILL.md': '---\ndescription: Tidies up\n---\nTidy: !`echo ran`',
    });
    write(desk.folder, {
      '.claude/skills/brief/SKILL.md': '---\ndescription: Is brief\n---\nBe brief. !`echo ran` $0',
    });
    const secret = write(join(desk.tmp, 'secret'), { 'SKILL.md': '---\ndescription: Secret\n---\nSECRET' });
    symlinkSync(secret, join(desk.folder, '.claude/skills/stolen'));
  });
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const lead = server.asked.filter(({ role }) => role === 'lead');
  const system = lead[0]?.body.system?.[0]?.text ?? '';
  expect(system).toMatch(/- office:report: Writes reports\. Use it for reports\./);
  expect(system).toMatch(/- office:greet: Greets/);
  expect(system).toMatch(/- tidy: Tidies up/);
  expect(system).toMatch(/- brief: Is brief/);
  expect(system).not.toMatch(/office:mine|Follow form|stolen|SECRET/);
  const results = lead[2]?.body.messages.at(-1)?.content;
  const [report, fails, apart, mine, unknown, tidy, brief, stolen, greet] = (
    Array.isArray(results) ? results : []
  ).map(({ content, is_error }) => ({ text: JSON.stringify(content), isError: is_error === true }));
  expect(report?.text).toMatch(/Report on the bees\. Today is a-42-day\. Follow form\.md/);
  expect(report?.text).toMatch(/words-in-scratch.txt\\">\\nscratch/);
  expect(fails).toMatchObject({ isError: true, text: expect.stringMatching(/ended with 3.*oh no/) });
  expect(fails?.text).not.toContain('Before');
  expect(apart).toMatchObject({ isError: false, text: expect.stringMatching(/counted: Count ants apart\./) });
  const helper = server.asked.find(({ role }) => role === 'subagent');
  expect(helper?.body).toMatchObject({ output_config: { effort: 'low' } });
  expect(helper?.body).toMatchObject({ model: 'small-model' });
  expect(helper?.body.tools?.map(({ name }) => name)).toEqual(['bash', 'read']);
  expect(apart?.text).toMatch(/git version \d/);
  expect(
    apart?.text.match(/Only single commands that begin with one of these are allowed: git\./g),
  ).toHaveLength(2);
  expect(apart?.text).not.toContain('not-42-git');
  expect(mine).toMatchObject({ isError: true, text: expect.stringMatching(/for the user only/) });
  expect(unknown).toMatchObject({
    isError: true,
    text: expect.stringMatching(/office:report: Writes reports/),
  });
  expect(tidy?.text).toMatch(/Tidy: ran/);
  expect(brief?.text).toMatch(/Be brief\. \[not run, as agents can write this skill: echo ran\]/);
  expect(stolen?.isError).toBe(true);
  expect(greet?.text).toMatch(/Say hello to ada from \/.*\/plugins\/store\//);
  expect(lead[3]?.last).toMatch(/The form\./);
  expect(lead[3]?.last).toMatch(/read-only/);
});

test.concurrent('what a plugin would run does not run before somebody agreed, and its programs are not found', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number }) => {
    if (number > 1) return finish;
    return {
      text: 'I try.',
      calls: [
        ['skill', { name: 'office:report', arguments: 'x' }],
        ['bash', { command: 'office-tool' }],
      ],
    };
  }, onTestFinished);
  const team = await launchOn(
    server,
    ['--teammates', '0', '--plugin', 'office'],
    onTestFinished,
    async (desk) => {
      const folder = pluginAt(desk);
      await desk.json('plugin', 'add', folder);
    },
  );
  await toItsEnd(team);
  const said = server.asked[1]?.last ?? '';
  expect(said).toMatch(/\[not run, as nobody has agreed to what this plugin runs: echo a-/);
  expect(said).not.toContain('tool-of-office');
});

test.concurrent('a plugin of --plugin is installed for that team only, and goes with it', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly((asked) => {
    const { number, last } = asked;
    if (last.includes('go on')) return finish;
    if (last.includes('again'))
      return { text: 'Again.', calls: [['skill', { name: 'office:greet', arguments: 'ben' }]] };
    if (number === 1)
      return { text: 'Look.', calls: [['skill', { name: 'office:greet', arguments: 'ada' }]] };
    return waitsForUser(asked);
  }, onTestFinished);
  let folder = '';
  const team = await launchOn(server, ['--teammates', '0', '--plugin', 'office'], onTestFinished, (desk) => {
    folder = pluginAt({ ...desk, tmp: desk.folder });
  });
  const [installed] = await team.json<{ scope: string }[]>('plugin', 'list');
  expect(installed).toMatchObject({ name: 'office', scope: 'team', where: 'mine' });
  expect(folder).toContain('office');
  await eventually('the lead to ask', () =>
    server.asked.some(({ last }) => last.includes('Say hello to ada')),
  );
  await team.json('plugin', 'remove', 'office');
  await team.json('send', 'lead', 'Once again.');
  await eventually('it to be gone', () => server.asked.some(({ last }) => last.includes('was removed')));
  await team.json('send', 'lead', 'go on');
  expect((await toItsEnd(team)).status.state).toBe('done');
  await eventually(
    'the team to be stopped',
    async () => (await team.cowork(['remove', '-t', 'mine'])).code === 0,
  );
  expect(readdirSync(join(team.home, 'plugins', 'store'))).toEqual([]);
});

test.concurrent('a command of a plugin is sent to an agent, who gets its text as it was at the launch; one that is not there is refused', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(
    (asked) => (asked.last.includes('Say hello') ? finish : waitsForUser(asked)),
    onTestFinished,
  );
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
    await desk.json('plugin', 'add', pluginAt(desk), '--yes');
  });
  await team.settled('lead');
  expect(await team.refusal('send', 'lead', '/office:gret ben')).toMatchObject({
    exit: 3,
    code: 'SKILL_UNKNOWN',
    hint: 'Did you mean /office:greet?',
  });
  // What a team was launched with stays, until the team goes.
  await team.json('plugin', 'remove', 'office');
  await team.json('send', 'lead', '/office:greet "ben and eva"');
  expect((await toItsEnd(team)).status.state).toBe('done');
  const said = server.asked.find(({ last }) => last.includes('Say hello'))?.last ?? '';
  expect(said).toMatch(/A message from the user/);
  expect(said).toMatch(
    /The user asks for the command office:greet; do what it says\.\n<command name="office:greet">\nSay hello to ben and eva from/,
  );
});
