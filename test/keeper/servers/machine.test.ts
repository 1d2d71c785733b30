import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { coworkHome, imagesFolder } from '../../../src/team/paths.ts';
import { readServerStates } from '../../../src/team/server-states.ts';
import { openDesk } from '../../support/cowork.ts';
import { eventually } from '../../support/eventually.ts';
import { writeFiles } from '../../support/files.ts';
import { fixture, teamOn } from '../../support/team.ts';

const packages = createRequire(import.meta.url);
/** A value that must stay one, whatever it is put into. */
const PLACE = 'Oslo; touch never $(touch never)';
const NAMES = ['everything', 'filesystem', 'memory', 'sequential-thinking'];

/** A plugin that brings the reference servers, each as one file. */
async function referencePlugin(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) {
    await build({
      entryPoints: [
        join(dirname(packages.resolve(`@modelcontextprotocol/server-${name}/package.json`)), 'dist/index.js'),
      ],
      outfile: join(folder, `${name}.mjs`),
      ...{ bundle: true, minify: true, platform: 'node', format: 'esm', logLevel: 'error' },
      banner: {
        js: "import { createRequire as __make } from 'node:module'; const require = __make(import.meta.url);",
      },
    });
  }
  const run = (name: string, ...args: string[]) => ({
    command: 'node',
    args: [`\${CLAUDE_PLUGIN_ROOT}/${name}.mjs`, ...args],
  });
  return writeFiles(folder, {
    '.claude-plugin/plugin.json': '{"name":"reference","version":"1.0.0"}',
    // One of them reads its version there, and ends when it finds none.
    'package.json': '{"name":"reference","version":"1.0.0"}',
    '.mcp.json': JSON.stringify({
      files: run('filesystem', '/grants/mine'),
      memory: { ...run('memory'), env: { MEMORY_FILE_PATH: `\${CLAUDE_PLUGIN_DATA}/graph.jsonl` } },
      thinking: run('sequential-thinking'),
      all: run('everything', 'stdio'),
    }),
  });
}

// Programs of their size take minutes to start under emulation beside others: run by `npm run soak`.
test.runIf(process.env.COWORK_SOAK !== undefined)(
  'reference servers run in the machine of their agent, which is paused while nobody calls them',
  {
    timeout: 1_200_000,
  },
  async ({ onTestFinished }) => {
    const desk = openDesk(onTestFinished);
    desk.env.COWORK_IMAGES = imagesFolder(coworkHome());
    await desk.json('plugin', 'add', await referencePlugin(join(desk.tmp, 'reference')), '--yes');
    writeFiles(desk.folder, { 'words.txt': 'one two three four\n' });
    const launched = await desk.json<{ team: string; dir: string }>(
      ...['launch', 'Do as you are told', '--rehearsal', fixture('puppet'), '--teammates', '0'],
      ...['--grant', desk.folder],
    );
    const team = teamOn(desk, launched.team, launched.dir);
    const states = await eventually(
      'the servers to be ready',
      () => {
        const found = readServerStates(team.dir, 'lead');
        const all = Object.values(found);
        return all.length === NAMES.length && all.every(({ state }) => state === 'ready') ? found : undefined;
      },
      600_000,
    );
    expect(Object.keys(states).sort()).toEqual(
      ['all', 'files', 'memory', 'thinking'].map((name) => `plugin_reference_${name}`),
    );
    const call = (name: string, input: Record<string, unknown>): [string, Record<string, unknown>] => [
      `mcp__plugin_reference_${name}`,
      input,
    ];
    const begun = await team.begin('lead', [
      [
        call('files__read_text_file', { path: '/grants/mine/words.txt' }),
        call('files__read_text_file', { path: '/etc/shadow' }),
        call('memory__create_entities', {
          entities: [{ name: 'Ada', entityType: 'person', observations: ['counts'] }],
        }),
        call('memory__search_nodes', { query: 'Ada' }),
        call('thinking__sequentialthinking', {
          thought: 'One.',
          nextThoughtNeeded: false,
          thoughtNumber: 1,
          totalThoughts: 1,
        }),
        call('all__echo', { message: 'hello there' }),
        ['bash', { command: 'cat /proc/*/cmdline | tr "\\0" " " | grep -c "plugins/reference"; hostname' }],
      ],
    ]);
    const [step] = await begun.done(180_000);
    const [words, refused, made, searched, thought, echoed, processes] = step?.results ?? [];
    expect(words?.text).toContain('one two three four');
    expect(refused).toMatchObject({
      isError: true,
      text: expect.stringContaining('outside allowed directories'),
    });
    expect(made?.text).toContain('Ada');
    expect(searched?.text).toContain('counts');
    expect(thought?.text).toContain('thoughtHistoryLength');
    expect(echoed?.text).toContain('hello there');
    expect(processes?.text).toMatch(/\blead\b/);
    // Nothing of them runs on this host.
    expect(desk.processes().filter(({ command }) => command.includes('filesystem.mjs'))).toEqual([]);
    await eventually(
      'the machine to be paused',
      async () => (await team.agent('lead')).reason.startsWith('paused'),
      60_000,
    );
  },
);

// As small as it is, it boots a machine: the same without one is `options.test.ts` and `hooks.test.ts`.
test.runIf(process.env.COWORK_SOAK !== undefined)(
  'values of a plugin and hooks of its skills work in the machine of their agent; a secret reaches the server that names it and nothing else there',
  {
    timeout: 600_000,
  },
  async ({ onTestFinished }) => {
    const desk = openDesk(onTestFinished);
    desk.env.COWORK_IMAGES = imagesFolder(coworkHome());
    const kit = writeFiles(join(desk.tmp, 'kit'), {
      '.claude-plugin/plugin.json': JSON.stringify({
        name: 'kit',
        userConfig: {
          place: { type: 'string', title: 'Place', description: 'Where' },
          token: { type: 'string', title: 'Token', description: 'Yours', required: true, sensitive: true },
        },
      }),
      'rogue.mjs': readFileSync(join(import.meta.dirname, '../../fixtures/servers/rogue.mjs'), 'utf8'),
      '.mcp.json': JSON.stringify({
        rogue: {
          command: 'node',
          args: [`\${CLAUDE_PLUGIN_ROOT}/rogue.mjs`, 'rude'],
          env: { GIVEN: `\${user_config.token}` },
        },
      }),
      'hooks/hooks.json': JSON.stringify({
        SessionStart: [
          {
            hooks: [
              {
                type: 'command',
                command: 'echo "hook in $CLAUDE_PLUGIN_OPTION_PLACE" > /grants/mine/hook.txt',
              },
            ],
          },
        ],
      }),
      'skills/careful/SKILL.md': [
        '---',
        'description: Be careful',
        'hooks:',
        '  PreToolUse:',
        '    - matcher: Bash',
        '      hooks:',
        '        - {type: command, command: "echo Careful in $CLAUDE_PLUGIN_OPTION_PLACE. >&2; exit 2", once: true}',
        '---',
        `Take care in \${user_config.place}. !\`echo "ran \${user_config.place}"\``,
      ].join('\n'),
    });
    const values = ['--config', `place=${PLACE}`, '--config', 'token=sk-0815'];
    await desk.json('plugin', 'add', kit, '--yes', ...values);
    const launched = await desk.json<{ team: string; dir: string }>(
      ...['launch', 'Do as you are told', '--rehearsal', fixture('puppet'), '--teammates', '0'],
      ...['--grant', desk.folder],
    );
    const team = teamOn(desk, launched.team, launched.dir);
    await eventually(
      'the server to be ready',
      () => readServerStates(team.dir, 'lead').plugin_kit_rogue?.state === 'ready',
      300_000,
    );
    const begun = await team.begin('lead', [
      [['skill', { name: 'kit:careful' }]],
      [['bash', { command: 'true' }]],
      [
        ['mcp__plugin_kit_rogue__fine', {}],
        [
          'bash',
          {
            command:
              'hostname; ls /tmp /workspace; grep -rl sk-0815 /workspace /tmp /run /memory 2>/dev/null',
          },
        ],
      ],
    ]);
    const [skill, bash, both] = await begun.done(180_000);
    expect(skill?.results[0]?.text).toContain(`Take care in ${PLACE}.`);
    expect(skill?.results[0]?.text).toContain(`ran ${PLACE}`);
    expect(bash?.results[0]).toMatchObject({
      isError: true,
      text: expect.stringContaining(`Careful in ${PLACE}.`),
    });
    const [fine, found] = both?.results ?? [];
    expect(fine?.text).toContain('and sk-0815'); // the server says what it was given
    expect(found?.text).toMatch(/\blead\b/);
    expect(found?.text).not.toMatch(/never|\/(workspace|tmp|run|memory)\//);
    expect(readFileSync(join(desk.folder, 'hook.txt'), 'utf8')).toBe(`hook in ${PLACE}\n`);
  },
);
