import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readServerStates } from '../../../src/team/server-states.ts';
import { eventually } from '../../support/eventually.ts';
import { writeFiles } from '../../support/files.ts';
import { serveStrictly } from '../../support/strict/server.ts';
import { launchOn, toItsEnd } from '../../support/strict/team.ts';

const rogue = join(import.meta.dirname, '../../fixtures/servers/rogue.mjs');
const PLACE = 'Oslo; touch never $(touch never)';

test('a server waits for a value that its plugin needs and comes up when it is set; skills, commands and hooks have what is no secret', {
  timeout: 180_000,
}, async ({ onTestFinished }) => {
  const server = await serveStrictly(({ number, last }) => {
    if (number === 1) return { text: 'Go.', calls: [['skill', { name: 'kit:say' }]] };
    if (last.includes('It is set')) return { text: 'Now.', calls: [['mcp__plugin_kit_rogue__fine', {}]] };
    if (last.includes('fine'))
      return { text: 'Done.', calls: [['finish_job', { summary: 'Done.', force: true }]] };
    return { text: 'I wait.', calls: [['ask_user', { question: `And ${number}?` }]] };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
    const folder = writeFiles(join(desk.tmp, 'kit'), {
      '.claude-plugin/plugin.json': JSON.stringify({
        name: 'kit',
        userConfig: {
          place: { type: 'string', title: 'Place', description: 'Where' },
          token: { type: 'string', title: 'Token', description: 'Yours', required: true, sensitive: true },
        },
      }),
      '.mcp.json': JSON.stringify({
        rogue: { command: 'node', args: [rogue, 'rude'], env: { GIVEN: `\${user_config.token}` } },
      }),
      'skills/say/SKILL.md': `---\ndescription: Says it\n---\nIn \${user_config.place} with \${user_config.token}.\n!\`echo "ran \${user_config.place}"\`\n`,
      'hooks/hooks.json': JSON.stringify({
        SessionStart: [
          {
            hooks: [
              {
                type: 'command',
                command: `echo "hook in $CLAUDE_PLUGIN_OPTION_PLACE and \${CLAUDE_PLUGIN_OPTION_OTHER:-no other}"`,
              },
            ],
          },
        ],
      }),
    });
    await desk.json('plugin', 'add', folder, '--yes', '--config', `place=${PLACE}`);
  });
  const state = () => readServerStates(team.dir, 'lead').plugin_kit_rogue?.state;
  await eventually('the server to wait', () => state() === 'unset', 60_000);
  expect(await team.json('connector', 'list', '-t', 'mine')).toMatchObject([
    { agents: [{ state: 'unset', reason: 'it needs a value of you: cowork plugin config kit token' }] },
  ]);
  await team.cowork(['plugin', 'config', 'kit', 'token=sk-0815']);
  await eventually('the server to be there', () => state() === 'ready', 60_000);
  await team.cowork(['send', 'lead', 'It is set.', '-t', 'mine']);
  expect((await toItsEnd(team)).status.state).toBe('done');
  const all = server.asked.map((asked) => asked.all).join('\n');
  expect(all).toContain(`hook in ${PLACE} and no other`);
  expect(all).toContain(`In ${PLACE} with \${user_config.token}.`);
  expect(all).toContain(`ran ${PLACE}`);
  expect(all).toContain('and sk-0815');
  expect(server.refused).toEqual([]);
  expect(readFileSync(join(team.dir, 'extensions.json'), 'utf8')).not.toContain('sk-0815');
});
