import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { TREE_LIMITS } from '../../src/extensions/load/tree.ts';
import { openDesk } from '../support/cowork.ts';
import { writeFiles } from './corpus/case.ts';
import { serveGit } from './support/git-server.ts';
import { openPluginDesk, type PluginDesk } from './support/plugin-desk.ts';
import { makeZip } from './support/zip.ts';

const MANIFEST = '.claude-plugin/plugin.json';
const MARKET = '.claude-plugin/marketplace.json';
const COMMAND = { 'commands/hi.md': 'Say hi.' };
const HOOK = (command: string) => ({ hooks: { Stop: [{ hooks: [{ type: 'command', command }] }] } });
const SHA256 = /^[0-9a-f]{64}$/;

// What `cowork plugin … --json` prints is read loosely: the tests say what must be in it.
type Shown = Record<string, unknown> & {
  name: string;
  state: string;
  findings: { file: string; reason: string }[];
};

test('a marketplace from a git server is pinned to its commit, and what it lists installs, updates with a diff and goes without a trace', async () => {
  const desk = await openPluginDesk();
  const server = await serveGit(join(desk.tmp, 'git'));
  const market = {
    name: 'tools',
    owner: { name: 'o' },
    plugins: [{ name: 'hello', source: './plugins/hello' }],
  };
  const first = server.commit('tools', {
    [MARKET]: market,
    [`plugins/hello/${MANIFEST}`]: { name: 'hello', version: '1.0.0' },
    'plugins/hello/commands/hi.md': 'Say hi.',
  });
  const added = await desk.json<Shown>('marketplace', 'add', server.url('tools'));
  expect(added).toMatchObject({
    name: 'tools',
    state: 'loaded',
    revision: first,
    checksum: expect.stringMatching(SHA256),
  });
  expect(await desk.json('add', 'hello@tools')).toMatchObject({
    ...{ name: 'hello', version: '1.0.0', state: 'loaded', revision: first, consent: 'not needed' },
    components: { commands: ['hi'] },
  });

  const second = server.commit('tools', {
    [`plugins/hello/${MANIFEST}`]: { name: 'hello', version: '1.1.0' },
    'plugins/hello/commands/bye.md': '---\nallowed-tools: Bash(rm:*)\n---\nSay bye.',
    'plugins/hello/hooks/hooks.json': HOOK('./x.sh'),
    'plugins/hello/.mcp.json': { mcpServers: { files: { command: 'node', args: ['s.js'] } } },
  });
  const refused = await desk.plugin(['update', 'hello']);
  expect(refused.code).toBe(4);
  const changes = [
    { change: 'new', kind: 'command', name: 'bye' },
    { change: 'new', kind: 'permission', name: 'command bye: Bash(rm:*)' },
    { change: 'new', kind: 'hook', name: 'Stop *', detail: 'command: ./x.sh' },
    { change: 'new', kind: 'server', name: 'files', detail: 'node s.js' },
  ];
  expect(JSON.parse(refused.stdout)).toMatchObject([
    { outcome: 'refused', from: { version: '1.0.0' }, to: null, changes },
  ]);
  expect(await desk.json('list')).toMatchObject([{ version: '1.0.0', revision: first }]);
  expect(await desk.json('update', 'hello', '--yes')).toMatchObject([
    {
      outcome: 'updated',
      from: { version: '1.0.0', revision: first },
      to: { version: '1.1.0', revision: second },
      changes,
    },
  ]);
  expect(await desk.json('list')).toMatchObject([{ version: '1.1.0', consent: 'given' }]);

  await server.close();
  expect(await desk.json('list')).toMatchObject([{ version: '1.1.0', state: 'loaded' }]);
  const offline = await desk.plugin(['update']);
  expect({ code: offline.code, outcomes: JSON.parse(offline.stdout) }).toMatchObject({
    code: 1,
    outcomes: [{ outcome: 'failed' }],
  });
  expect(await desk.json('list')).toMatchObject([{ version: '1.1.0', state: 'loaded' }]);

  await desk.json('remove', 'hello');
  await desk.json('marketplace', 'remove', 'tools');
  expect(filesOf(desk)).toEqual([]);
  expect(readdirSync(desk.tmp)).toEqual(['git']);
});

test('every kind of source is fetched, and what is kept can be read by nobody else', async () => {
  const desk = await openPluginDesk();
  const server = await serveGit(join(desk.tmp, 'git'));
  const plugin = (name: string) => ({ [MANIFEST]: { name }, ...COMMAND });
  const sha = server.commit('whole', plugin('whole'));
  server.commit('whole', { 'commands/later.md': 'Later.' });
  server.git('whole', 'tag', 'v2');
  server.commit('mono', {
    ...Object.fromEntries(
      Object.entries(plugin('part')).map(([path, text]) => [`packages/part/${path}`, text]),
    ),
    'big/x': 'y',
  });
  const zip = makeZip([
    { name: `zipped-main/${MANIFEST}`, content: '{"name":"zipped"}' },
    { name: 'zipped-main/bin/run', content: '#!/bin/sh\n', mode: 0o100755 },
  ]);
  const web = await serveFiles({ '/zipped.zip': zip });
  const folder = join(desk.folder, 'printed');
  writeFiles(folder, plugin('printed'));
  writeFiles(join(desk.folder, 'market'), {
    [MARKET]: {
      ...{ name: 'all', owner: 'o' },
      plugins: [
        { name: 'whole', source: { source: 'url', url: server.url('whole'), sha } },
        { name: 'tagged', source: { source: 'url', url: server.url('whole'), ref: 'v2' } },
        { name: 'hub', source: { source: 'github', repo: 'owner/whole' } },
        { name: 'part', source: { source: 'git-subdir', url: server.url('mono'), path: 'packages/part' } },
        { name: 'zipped', source: { source: 'archive', url: `${web}/zipped.zip` } },
        { name: 'wrong', source: { source: 'archive', url: `${web}/zipped.zip`, sha256: 'a'.repeat(64) } },
        { name: 'printed', source: { source: 'command', command: `echo ${folder}` } },
        { name: 'entry', source: './entry', strict: false, version: '7', commands: './only' },
      ],
    },
    'entry/only/a.md': 'A',
    'entry/commands/b.md': 'B',
    [`entry/${MANIFEST}`]: { name: 'another', commands: './commands' },
  });
  // owner/repo means GitHub; git itself is told that it is here.
  const config = join(desk.tmp, 'gitconfig');
  writeFileSync(
    config,
    `[url "${server.url('').replace('/.git', '')}"]\n\tinsteadOf = https://github.com/owner/\n`,
  );
  server.git('whole', 'clone', '--quiet', '--bare', '.', '../whole.git');
  desk.env.GIT_CONFIG_GLOBAL = config;
  await desk.json('marketplace', 'add', 'market');

  expect(await desk.json('add', 'whole')).toMatchObject({
    revision: sha,
    components: { commands: ['hi'] },
  });
  expect(await desk.json('add', 'tagged')).toMatchObject({
    name: 'tagged',
    components: { commands: ['hi', 'later'] },
  });
  expect(await desk.json('add', 'hub')).toMatchObject({
    name: 'hub',
    source: 'https://github.com/owner/whole.git',
  });
  expect(await desk.json('add', 'part')).toMatchObject({
    name: 'part',
    components: { commands: ['hi'] },
  });
  expect(await desk.json('add', 'zipped')).toMatchObject({
    components: { programs: ['bin/run'] },
    consent: 'needed',
  });
  expect(await desk.json('add', 'entry')).toMatchObject({
    name: 'entry',
    version: '7',
    components: { commands: ['a'] },
  });
  expect(await desk.refusal('add', 'wrong')).toMatchObject({
    exit: 1,
    message: expect.stringMatching(/SHA-256/),
  });
  expect(await desk.refusal('add', 'printed')).toMatchObject({ exit: 4, code: 'PLUGIN_CONSENT' });
  expect(await desk.json('add', 'printed', '--run-source')).toMatchObject({ name: 'printed' });

  const paths = globSync(['plugins', 'plugins/**/*'], { cwd: desk.home }).map((path) =>
    join(desk.home, path),
  );
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => statSync(path).mode & 0o077)).toEqual([]);
  expect(existsSync(join(desk.home, 'plugins', 'store'))).toBe(true);
});

test('a package comes from an npm registry without running its scripts', async () => {
  const desk = await openPluginDesk();
  const folder = join(desk.tmp, 'package');
  writeFiles(folder, {
    'package.json': { name: 'packed', version: '2.0.0', scripts: { preinstall: `touch ${desk.tmp}/ran` } },
    [MANIFEST]: { name: 'packed' },
    ...COMMAND,
  });
  execFileSync('tar', ['-czf', join(desk.tmp, 'packed.tgz'), '-C', desk.tmp, 'package']);
  const tarball = readFileSync(join(desk.tmp, 'packed.tgz'));
  const registry: string = await serveFiles({
    '/packed': (base) =>
      JSON.stringify({
        name: 'packed',
        'dist-tags': { latest: '2.0.0' },
        versions: { '2.0.0': { name: 'packed', version: '2.0.0', dist: { tarball: `${base}/packed.tgz` } } },
      }),
    '/packed.tgz': tarball,
  });
  writeFiles(join(desk.folder, 'market'), {
    [MARKET]: {
      name: 'm',
      owner: 'o',
      plugins: [{ name: 'packed', source: { source: 'npm', package: 'packed', registry } }],
    },
  });
  await desk.json('marketplace', 'add', './market');
  expect(await desk.json('add', 'packed')).toMatchObject({
    name: 'packed',
    revision: '2.0.0',
    components: { commands: ['hi'] },
  });
  expect(existsSync(join(desk.tmp, 'ran'))).toBe(false);
});

test('what a plugin would run needs consent, which is bound to its exact content', async () => {
  const desk = await openPluginDesk();
  const folder = join(desk.folder, 'hooked');
  writeFiles(folder, {
    [MANIFEST]: { name: 'hooked' },
    'hooks/hooks.json': HOOK('./x.sh'),
    'x.sh': 'exit 0',
  });
  expect(await desk.json('add', './hooked')).toMatchObject({
    ...{
      consent: 'needed',
      state: 'warnings',
      runs: [{ kind: 'hook', name: 'Stop *', detail: 'command: ./x.sh' }],
    },
    findings: [{ reason: expect.stringMatching(/wait for your consent/) }],
  });
  expect(await desk.json('add', 'hooked', '--yes')).toMatchObject({
    consent: 'given',
    state: 'loaded',
  });
  writeFileSync(join(folder, 'x.sh'), 'curl evil');
  expect(await desk.json('list')).toMatchObject([{ consent: 'given', state: 'loaded' }]);
  const outcome = await desk.plugin(['update', 'hooked'], { isPlain: true });
  expect({ code: outcome.code, stdout: outcome.stdout }).toMatchObject({
    code: 4,
    stdout: expect.stringMatching(/stays at/),
  });
  expect(outcome.stderr).toMatch(/hook Stop \*/);
  // Installed anew from its source, it is other content, and nobody has agreed to that.
  expect(await desk.json('add', './hooked')).toMatchObject({ consent: 'needed' });
  expect(await desk.json('add', 'hooked', '--yes')).toMatchObject({ consent: 'given' });
  const record = join(desk.home, 'plugins', 'installed', 'hooked.user.json');
  const written = JSON.parse(readFileSync(record, 'utf8'));
  writeFileSync(record, JSON.stringify({ ...written, consent: 'a'.repeat(64) }));
  expect(await desk.json('list')).toMatchObject([{ consent: 'needed' }]);
});

test('files that were changed in the store are refused, and an update mends them', async () => {
  const desk = await openPluginDesk();
  writeFiles(join(desk.folder, 'p'), { [MANIFEST]: { name: 'p' }, ...COMMAND });
  const { checksum } = await desk.json<{ checksum: string }>('add', './p');
  writeFileSync(join(desk.home, 'plugins', 'store', checksum, 'commands', 'hi.md'), 'Say something else.');
  expect(await desk.json('list')).toMatchObject([
    {
      state: 'refused',
      components: { commands: [] },
      findings: [{ file: '.', reason: expect.stringMatching(/not what was installed/) }],
    },
  ]);
  rmSync(join(desk.home, 'plugins', 'store', checksum), { recursive: true });
  expect(await desk.json('list')).toMatchObject([
    { state: 'refused', findings: [{ reason: expect.stringMatching(/can't be read/) }] },
  ]);
  expect(await desk.plugin(['update'], { isPlain: true })).toMatchObject({ code: 0 });
  expect(await desk.json('list')).toMatchObject([{ state: 'loaded' }]);
});

test('a plugin is there for the user, a project and a team apart', async () => {
  const desk = await openPluginDesk();
  writeFiles(join(desk.folder, 'p'), { [MANIFEST]: { name: 'p' }, ...COMMAND });
  await desk.json('add', './p');
  expect(await desk.json('add', './p', '--scope', 'project')).toMatchObject({
    scope: 'project',
    where: desk.folder,
  });
  expect(await desk.refusal('add', './p', '--scope', 'team', '-t', 'nobody')).toMatchObject({
    exit: 3,
    code: 'TEAM_UNKNOWN',
  });
  expect(await desk.json<Shown[]>('list')).toHaveLength(2);
  expect(await desk.refusal('remove', 'p')).toMatchObject({
    exit: 2,
    hint: 'Say which with --scope.',
  });
  expect(await desk.json('remove', 'p', '--scope', 'project')).toMatchObject({
    removed: 'p',
    scope: 'project',
  });
  expect(await desk.json('list')).toMatchObject([{ scope: 'user', state: 'loaded' }]);
});

test('a plugin that needs another one, or a newer one, says so', async () => {
  const desk = await openPluginDesk();
  writeFiles(join(desk.folder, 'a'), {
    [MANIFEST]: { name: 'a', version: '1.0.0', dependencies: ['none', { name: 'b', version: '^2.0.0' }] },
    ...COMMAND,
  });
  writeFiles(join(desk.folder, 'b'), { [MANIFEST]: { name: 'b', version: '1.0.0' }, ...COMMAND });
  for (const name of ['a', 'b']) await desk.json('add', `./${name}`);
  expect(await desk.json('list')).toMatchObject([
    {
      name: 'a',
      state: 'warnings',
      findings: [
        { reason: expect.stringMatching(/needs the plugin none, which is not installed/) },
        { reason: expect.stringMatching(/b \^2\.0\.0, and 1\.0\.0 is installed/) },
      ],
    },
    { name: 'b', state: 'loaded' },
  ]);
});

test('bombs, escapes and links in archives are refused or left out, and nothing of them stays', async () => {
  const desk = await openPluginDesk();
  // The real limits are the same with more zeros; with these the test is quick.
  const usual = { ...TREE_LIMITS };
  Object.assign(TREE_LIMITS, { bytes: 16 * 1024 * 1024, files: 200 });
  onTestFinished(() => void Object.assign(TREE_LIMITS, usual));
  const big = Buffer.alloc(2 * 1024 * 1024);
  const zips = {
    'bomb.zip': makeZip(Array.from({ length: 9 }, (_, i) => ({ name: `${i}`, content: big }))),
    'liar.zip': makeZip([{ name: 'a', content: big, claims: 10 }]),
    'climbs.zip': makeZip([{ name: '../../evil', content: 'x' }]),
    'absolute.zip': makeZip([{ name: '/tmp/evil', content: 'x' }]),
    'twice.zip': makeZip([
      { name: 'a', content: 'x' },
      { name: 'a', content: 'y' },
    ]),
    'case.zip': makeZip([
      { name: 'commands/a.md', content: 'x' },
      { name: 'commands/A.md', content: 'y' },
    ]),
    'cut.zip': makeZip([{ name: 'a', content: 'x' }]).subarray(0, 40),
    'many.zip': makeZip(Array.from({ length: 201 }, (_, i) => ({ name: `${i}`, content: '' }))),
  };
  const says: Record<keyof typeof zips, RegExp> = {
    ...{
      'bomb.zip': /over 16 MiB/,
      'liar.zip': /can't be unpacked/,
      'climbs.zip': /can't be unpacked/,
      'absolute.zip': /can't be unpacked/,
    },
    ...{
      'twice.zip': /EEXIST/,
      'case.zip': /only in case/,
      'cut.zip': /can't be unpacked/,
      'many.zip': /over 200 files/,
    },
  };
  for (const [name, zip] of Object.entries(zips)) {
    writeFileSync(join(desk.folder, name), zip);
    const { exit, message } = await desk.refusal('add', `./${name}`);
    expect({ name, exit: [1, 4].includes(exit ?? 0), message }).toMatchObject({
      name,
      exit: true,
      message: expect.stringMatching(says[name as keyof typeof zips]),
    });
  }
  const linked = makeZip([
    { name: MANIFEST, content: '{"name":"linked"}' },
    { name: 'commands/passwd.md', content: '/etc/passwd', mode: 0o120777 },
  ]);
  writeFileSync(join(desk.folder, 'linked.zip'), linked);
  expect(await desk.json('add', './linked.zip')).toMatchObject({
    name: 'linked',
    components: { commands: [] },
  });
  await desk.json('remove', 'linked');
  expect(filesOf(desk)).toEqual([]);
  expect(readdirSync(desk.tmp)).toEqual([]);
});

test('a git bomb is refused before it is laid out, submodules and links out of a repository are left out', async () => {
  const desk = await openPluginDesk();
  const server = await serveGit(join(desk.tmp, 'git'));
  server.commit('bomb', { [MANIFEST]: { name: 'bomb' } });
  // Ten trees of ten entries each, eight times: 10^8 files in a handful of objects.
  const blob = server.git('bomb', 'hash-object', '-w', MANIFEST);
  let tree = mktree(
    join(desk.tmp, 'git', 'bomb'),
    Array.from({ length: 10 }, (_, i) => `100644 blob ${blob}\tf${i}`),
  );
  for (let level = 0; level < 7; level++) {
    tree = mktree(
      join(desk.tmp, 'git', 'bomb'),
      Array.from({ length: 10 }, (_, i) => `040000 tree ${tree}\td${i}`),
    );
  }
  server.git('bomb', 'update-ref', 'refs/heads/main', server.git('bomb', 'commit-tree', tree, '-m', 'bomb'));
  expect(await desk.refusal('add', server.url('bomb'))).toMatchObject({
    exit: 1,
    message: expect.stringMatching(/over 20000 files/),
  });

  server.commit('odd', {
    [MANIFEST]: { name: 'odd' },
    ...COMMAND,
    'commands/out.md': { link: '/etc/passwd' },
    '.gitattributes': '* filter=evil\n',
  });
  server.git('odd', 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`);
  server.git('odd', 'commit', '--quiet', '-m', 'sub');
  const odd = await desk.json<Shown>('add', server.url('odd'));
  expect(odd).toMatchObject({ name: 'odd', components: { commands: ['hi'] } });
  expect(await desk.refusal('add', server.url('none'))).toMatchObject({
    exit: 1,
    code: 'PLUGIN_FETCH_FAILED',
  });
  expect(await desk.refusal('add', `${server.url('odd')}#nobranch`)).toMatchObject({ exit: 1 });
});

test('validate tells every finding of a marketplace and of the plugins in it', async () => {
  const desk = await openPluginDesk();
  writeFiles(join(desk.folder, 'm'), {
    [MARKET]: {
      name: 'm',
      owner: 'o',
      plugins: [
        { name: 'good', source: './good' },
        { name: 'bad', source: './bad' },
        { name: 'gone', source: './gone' },
      ],
    },
    'good/commands/a.md': 'A',
    [`bad/${MANIFEST}`]: '{',
  });
  const { code, stdout } = await desk.plugin(['validate', './m']);
  expect(code).toBe(4);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ kind: 'marketplace', name: 'm', state: 'warnings' },
    plugins: [
      { name: 'good', state: 'loaded' },
      {
        name: 'bad',
        state: 'refused',
        findings: [{ file: MANIFEST, reason: expect.stringMatching(/no JSON/) }],
      },
    ],
  });
  expect(await desk.plugin(['validate', './m/good'], { isPlain: true })).toMatchObject({
    code: 0,
    stdout: 'plugin good: loaded: 1 command\n',
  });
  expect(await desk.refusal('add', './m')).toMatchObject({
    exit: 4,
    hint: expect.stringMatching(/marketplace add/),
  });
  expect(await desk.refusal('validate', './nowhere')).toMatchObject({
    exit: 3,
    code: 'PLUGIN_UNKNOWN',
  });
});

test('names that are not known are refused with the nearest, and a bad source says what is wrong', async () => {
  const desk = await openPluginDesk();
  writeFiles(join(desk.folder, 'm'), {
    [MARKET]: { name: 'market', owner: 'o', plugins: [{ name: 'hello', source: './p' }] },
    'p/commands/a.md': 'A',
  });
  await desk.json('marketplace', 'add', './m');
  const cases = [
    [['add', 'helo'], 3, 'Did you mean hello?'],
    [['add', 'hello@makret'], 3, 'Did you mean market?'],
    [['remove', 'hello'], 3, 'See `cowork plugin list`.'],
    [['add', './nowhere'], 3, 'See'],
    [['add', 'ext::sh'], 2, 'Give'],
    [['add', ['http://example.com/x', 'zip'].join('.')], 2, 'Give'],
    [['marketplace', 'remove', 'none'], 3, 'See'],
    [['marketplace', 'ad'], 2, 'Did you mean add?'],
    [['instal'], 2, ''],
    [['add'], 2, ''],
    [['add', 'a', 'b'], 2, ''],
  ] as const;
  for (const [words, exit, hint] of cases) {
    expect({ words, ...(await desk.refusal(...words)) }).toMatchObject({
      words,
      exit,
      hint: expect.stringContaining(hint),
    });
  }
});

test('a marketplace is added from a file and from an address of its JSON, and paths in it are then left out', async () => {
  const desk = await openPluginDesk();
  const json = JSON.stringify({
    name: 'm',
    owner: 'o',
    plugins: [
      { name: 'p', source: './p' },
      { name: 'g', source: { source: 'github', repo: 'o/g' } },
    ],
  });
  mkdirSync(join(desk.folder, 'x'));
  writeFileSync(join(desk.folder, 'x', 'market.json'), json);
  const expected = {
    name: 'm',
    plugins: [{ name: 'g', kind: 'git' }],
    findings: [{ reason: expect.stringMatching(/no folder/) }],
  };
  expect(await desk.json('marketplace', 'add', 'x/market.json')).toMatchObject(expected);
  const web = await serveFiles({ '/market.json': json });
  expect(await desk.refusal('marketplace', 'add', `${web}/market.json`)).toMatchObject({
    exit: 4,
    code: 'PLUGIN_TAKEN',
  });
  await desk.json('marketplace', 'remove', 'm');
  expect(await desk.json('marketplace', 'add', `${web}/market.json`)).toMatchObject(expected);
});

const filesOf = (desk: PluginDesk): string[] =>
  globSync('plugins/**/*', { cwd: desk.home }).filter(
    (path) => statSync(join(desk.home, path)).isFile() || /store\/./.test(path),
  );

/** Writes a tree object; returns its name. */
const mktree = (cwd: string, lines: readonly string[]): string =>
  execFileSync('git', ['mktree'], { cwd, input: `${lines.join('\n')}\n`, encoding: 'utf8' }).trim();

/** A web server on loopback with fixed answers; returns its address. */
async function serveFiles(
  files: Record<string, Buffer | string | ((base: string) => string)>,
): Promise<string> {
  let base = '';
  const server = createServer((request, response) => {
    const content = files[request.url ?? ''];
    if (content === undefined) return void response.writeHead(404).end();
    response.end(typeof content === 'function' ? content(base) : content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return base;
}

test('the command line does the same, with its exit codes', async () => {
  const desk = openDesk();
  writeFiles(join(desk.folder, 'p'), { [MANIFEST]: { name: 'p' }, ...COMMAND });
  expect(await desk.cowork(['plugin', 'add', './p'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^p \w+ is installed: 1 command\.\n$/),
  });
  expect(await desk.json('plugin', 'list')).toMatchObject([{ name: 'p', state: 'loaded' }]);
  expect(await desk.refusal('plugin', 'remove', 'q')).toMatchObject({ exit: 3, code: 'PLUGIN_UNKNOWN' });
});
