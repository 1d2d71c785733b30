import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from './corpus/case.ts';
import { openPluginDesk } from './support/plugin-desk.ts';

const USER_CONFIG = {
  endpoint: { type: 'string', title: 'Address', description: 'Where it is', default: 'https://a.example' },
  token: { type: 'string', title: 'Token', description: 'Yours', sensitive: true, required: true },
  pages: { type: 'number', title: 'Pages', min: 1, max: 9 },
  loud: { type: 'boolean', title: 'Loud' },
  tags: { type: 'string', title: 'Tags', multiple: true },
};
const SECRET = 'sk-very-secret-0815';

const writePlugin = (folder: string, userConfig: unknown = USER_CONFIG): string => {
  writeFiles(folder, {
    '.claude-plugin/plugin.json': { name: 'kit', version: '1.0.0', userConfig },
    '.mcp.json': {
      api: { type: 'http', url: 'https://x.example', headers: { key: `\${user_config.token}` } },
    },
  });
  return folder;
};

interface Shown {
  options: { key: string; value: unknown; isSet: boolean; default: unknown; sensitive: boolean }[];
}

/** All bytes of all files below a folder. */
const everything = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

test('what a plugin asks for is set, shown, checked and taken back; a secret is in no file in the clear and in no output', async () => {
  const desk = await openPluginDesk();
  const at = writePlugin(join(desk.tmp, 'kit'));
  const added = await desk.json<{ findings: { reason: string }[] }>('add', at, '--yes');
  expect(added.findings.map(({ reason }) => reason)).toEqual([
    'its servers wait for a value that you set: cowork plugin config kit token',
  ]);

  const shown = await desk.json<Shown>('config', 'kit');
  expect(shown.options.map(({ key, value, isSet }) => [key, value, isSet])).toEqual([
    ['endpoint', 'https://a.example', false],
    ['token', null, false],
    ['pages', null, false],
    ['loud', null, false],
    ['tags', null, false],
  ]);
  const said = [
    await desk.plugin(['config', 'kit', `token=${SECRET}`], { isPlain: true }),
    await desk.plugin(['config', 'kit', 'token']).catch((error) => error),
    await desk.plugin(['config', 'kit', 'token'], { stdin: `${SECRET}\n` }),
    await desk.plugin(['config', 'kit', 'pages', '3']),
    await desk.plugin(['config', 'kit', 'tags=a, b']),
    await desk.plugin(['config', 'kit'], { isPlain: true }),
    await desk.plugin(['list']),
  ];
  expect(JSON.stringify(said)).not.toContain(SECRET);
  expect(said[1]).toMatchObject({ code: 'USAGE' });
  expect(said[5]?.stdout).toBe(
    [
      'endpoint: https://a.example (as its author has it)  Address',
      'token: set, kept secret  Token',
      'pages: 3  Pages',
      'loud: not set  Loud',
      'tags: a,b  Tags\n',
    ].join('\n'),
  );
  expect(everything(desk.home)).not.toContain(SECRET);
  expect(statSync(join(desk.home, 'plugins', 'options.json')).mode & 0o777).toBe(0o600);
  expect(await desk.json('list')).toMatchObject([{ findings: [] }]);

  for (const [given, why] of [
    ['pages=0', 'it is at least 1'],
    ['pages=many', 'it is a number'],
    ['pages=10', 'it is at most 9'],
    ['loud=perhaps', 'it is true or false'],
    ['endpoint=a\0b', 'zero byte'],
    [`endpoint=${'x'.repeat(9_000)}`, 'longer than'],
    ['tokn=x', 'asks for no value "tokn"'],
    ['__proto__=x', 'asks for no value "__proto__"'],
  ])
    expect(await desk.refusal('config', 'kit', given ?? '')).toMatchObject({
      code: 'PLUGIN_CONFIG_INVALID',
      message: expect.stringContaining(why ?? ''),
    });
  expect(await desk.refusal('config', 'kit', 'tokn=x')).toMatchObject({ hint: 'Did you mean token?' });

  await desk.plugin(['config', 'kit', 'token=']);
  await desk.plugin(['config', 'kit', 'pages=']);
  expect(readFileSync(join(desk.home, 'plugins', 'options.json'), 'utf8')).not.toContain('"token"');
  expect((await desk.json<Shown>('config', 'kit')).options.filter(({ isSet }) => isSet)).toMatchObject([
    { key: 'tags', value: ['a', 'b'] },
  ]);
});

test('values come with the installation, go with the plugin, and belong to no other plugin of its name', async () => {
  const desk = await openPluginDesk();
  const mine = writePlugin(join(desk.tmp, 'kit'));
  const other = writePlugin(join(desk.tmp, 'other'));
  expect(await desk.refusal('add', mine, '--yes', '--config', 'token')).toMatchObject({ code: 'USAGE' });
  await desk.json('add', mine, '--yes', '--config', `token=${SECRET}`, '--config', 'pages=2');
  await desk.json('add', other, '--yes', '--scope', 'project');
  const values = async (...scope: string[]) =>
    (await desk.json<Shown>('config', 'kit', ...scope)).options
      .filter(({ isSet }) => isSet)
      .map(({ key }) => key);
  expect(await values('--scope', 'user')).toEqual(['token', 'pages']);
  expect(await values('--scope', 'project')).toEqual([]);

  await desk.json('remove', 'kit', '--scope', 'user');
  await desk.json('add', mine, '--yes');
  expect(await values('--scope', 'user')).toEqual([]);
  expect(readFileSync(join(desk.home, 'plugins', 'options.json'), 'utf8')).not.toContain('token');
});

test('an update that no longer calls a value secret does not get the secret', async () => {
  const desk = await openPluginDesk();
  const at = writePlugin(join(desk.tmp, 'kit'));
  await desk.json('add', at, '--yes', '--config', `token=${SECRET}`);
  rmSync(join(at, '.claude-plugin'), { recursive: true });
  writePlugin(at, { ...USER_CONFIG, token: { ...USER_CONFIG.token, sensitive: false } });
  const [outcome] = await desk.json<{ changes: unknown[] }[]>('update', '--yes');
  expect(outcome?.changes).toContainEqual(
    expect.objectContaining({ change: 'changed', kind: 'option', name: 'token', detail: 'required Token' }),
  );
  const { stdout } = await desk.plugin(['config', 'kit']);
  expect(stdout).not.toContain(SECRET);
  expect(JSON.parse(stdout).options).toContainEqual(
    expect.objectContaining({ key: 'token', isSet: false, value: null }),
  );
});

test('a broken file of values is refused with its name, and the plugin is there all the same', async () => {
  const desk = await openPluginDesk();
  await desk.json('add', writePlugin(join(desk.tmp, 'kit')), '--yes');
  writeFiles(join(desk.home, 'plugins'), { 'options.json': '[' });
  expect(await desk.refusal('config', 'kit')).toMatchObject({
    code: 'PLUGIN_CONFIG_INVALID',
    message: expect.stringContaining('options.json can'),
  });
  expect(await desk.json('list')).toMatchObject([
    { name: 'kit', findings: [{ reason: expect.stringContaining('options.json can') }] },
  ]);
});

test('entries of userConfig that can not be used are named, the others are there', async () => {
  const desk = await openPluginDesk();
  const at = writePlugin(join(desk.tmp, 'kit'), {
    'api-key': { type: 'string' },
    odd: { type: 'colour', title: 7 },
    none: {},
    count: { type: 'number', default: 'many' },
    fine: { type: 'boolean', default: true },
  });
  const report = await desk.json<{ findings: { reason: string }[] }>('validate', at);
  expect(report.findings.map(({ reason }) => reason)).toEqual([
    'the value "api-key" of "userConfig" has a name that no variable can have; it was left out',
    'the value "odd" of "userConfig" can\'t be of the type "colour"; it is a text',
    'the value "none" of "userConfig" has no type; it is a text',
    'the value "count" of "userConfig" has a default that can\'t be: it is a number',
    `\${user_config.token} stays as it is: "userConfig" of .claude-plugin/plugin.json has no "token"`,
  ]);
});

test('a plugin is shown with its parts, the services that they need and what is left to do', async () => {
  const desk = await openPluginDesk();
  const at = writePlugin(join(desk.tmp, 'kit'));
  writeFiles(at, {
    '.mcp.json': {
      crm: { type: 'http', url: 'https://crm.example/mcp' },
      'google calendar': { type: 'http', url: '' },
      files: { command: 'serve', args: ['.'] },
    },
    'skills/deals/SKILL.md':
      '---\ndescription: d\nallowed-tools: mcp__crm__search, Read, mcp__plugin_kit_files\n---\nSay.',
  });
  await desk.json('add', at, '--yes');
  expect(await desk.json('show', 'kit')).toMatchObject({
    connectors: [
      { name: 'plugin_kit_crm', todo: 'cowork connector login plugin_kit_crm, if it wants a login' },
      { isConfigured: false, todo: 'cowork connector add google-calendar ADDRESS' },
      { name: 'plugin_kit_files', what: 'serve .', todo: '' },
    ],
    needs: [{ part: 'skill deals', servers: ['crm', 'plugin_kit_files'] }],
  });
  const { stdout } = await desk.plugin(['show', 'kit'], { isPlain: true });
  expect(stdout).toContain('  skill deals uses crm, plugin_kit_files\n');
  expect(stdout).toContain('  token, required\n');
  expect(await desk.refusal('show', 'kitt')).toMatchObject({ code: 'PLUGIN_UNKNOWN' });
});
