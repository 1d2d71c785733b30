import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/table.ts';
import { ERRORS } from '../../src/protocol/errors.ts';
import { TEAM_TOOLS } from '../../src/protocol/tools.ts';
import { page, pages, quoted, ROOT, rows } from './pages.ts';

/** Names in capitals that are no error codes: of the operating system, of the environment, of places to fill. */
const OTHER_NAMES = /^(E[A-Z]+|O_[A-Z]+|COWORK_\w+|ANTHROPIC_\w+|LC_[A-Z]+|NO_COLOR|(NO|HTTPS?)_PROXY)$/;

test('the pages that are made from code are up to date', () => {
  const check = [join(ROOT, 'scripts', 'docs.mjs'), '--check'];
  expect(() => execFileSync(process.execPath, check, { stdio: 'pipe' })).not.toThrow();
});

test.each(pages())('every error code that $path names exists', ({ text }) => {
  const codes = quoted(text).filter((word) => /^[A-Z]+(_[A-Z]+)+$/.test(word) && !OTHER_NAMES.test(word));
  expect(codes.filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);
});

test('the page of commands names every command, and every variable of the environment that the sources read', () => {
  const text = page('docs/commands.md');
  for (const { name } of COMMANDS) expect(text).toContain(`## \`cowork ${name}`);
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(page).join('\n');
  const read = [...sources.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map(([, name]) => name ?? '');
  // How an agent is told its way, and that its machine is about to be saved; not for people.
  const ofAgents = ['COWORK_GATE', 'COWORK_WARM_UP'];
  const ours = new Set(
    read.filter((name) => !ofAgents.includes(name) && /^(COWORK_|ANTHROPIC_|NO_COLOR)/.test(name)),
  );
  const environment = text.slice(text.indexOf('## Environment'));
  expect(
    rows(environment)
      .flatMap(([name]) => quoted(name ?? ''))
      .sort(),
  ).toEqual([...ours].sort());
});

test.each(pages().filter(({ path }) => path !== 'docs/errors.md'))(
  'every command that $path names in its text exists',
  ({ path, text }) => {
    const [there = ''] = path === 'docs/commands.md' ? text.split('## Not there yet') : [text];
    const named = quoted(there).map((words) => /^(?:npx )?cowork ([a-z]+)/.exec(words)?.[1]);
    const unknown = named.filter((name) => name && !COMMANDS.some((command) => command.name === name));
    expect(unknown).toEqual([]);
  },
);

test('the page of the gate lists the routes that there are', () => {
  const routes = page('src/keeper/agent-routes.ts')
    .match(/'\/agent\/[a-z-]+'/g)
    ?.map((route) => route.slice(1, -1));
  const listed = rows(page('docs/gate.md')).flatMap(([method, path]) => {
    return method === 'GET' || method === 'POST' ? quoted(path ?? '') : [];
  });
  expect([...new Set(listed)].sort()).toEqual(
    [
      ...new Set([
        ...(routes ?? []),
        '/tools/NAME',
        '/git',
        '/egress',
        '/mcp/PIPE',
        '/v1/messages',
        '/v1/messages/count_tokens',
      ]),
    ].sort(),
  );
});

test('what a page calls a tool that is not there yet is none', () => {
  const [, missing = ''] = page('docs/tools.md').split('## Not there yet');
  const [names = ''] = missing.split(';');
  expect(quoted(names).filter((name) => Object.hasOwn(TEAM_TOOLS, name))).toEqual([]);
  const absent = page('docs/commands.md').split('## Not there yet')[1]?.split(';')[0] ?? '';
  expect(quoted(absent).filter((name) => COMMANDS.some((command) => command.name === name))).toEqual([]);
});

test('the page of dependencies lists exactly those of package.json', () => {
  const { dependencies, devDependencies } = JSON.parse(page('package.json'));
  const [run = '', build = ''] = page('docs/dependencies.md').split(/^## /m).slice(1);
  const listed = (text: string) => rows(text).flatMap(([name]) => quoted(name ?? ''));
  expect(listed(run)).toEqual(Object.keys(dependencies).sort());
  expect(listed(build)).toEqual(Object.keys(devDependencies).sort());
});

test('the page of dependencies lists the Debian packages that the set-up installs, and those that the tests get', () => {
  const source = page('scripts/setup/debian-packages.mjs');
  const wanted = /const PACKAGES = \[([\s\S]*?)\]/.exec(source)?.[1]?.match(/'[^']+'/g) ?? [];
  expect(packagesUnder('## Debian packages')).toEqual(wanted.map((name) => name.slice(1, -1)));
  const forTests = page('scripts/setup/test-programs.mjs');
  const gotten = forTests.matchAll(/apt-get download ([\w-]+)|aptInstall\(progress, \['([\w-]+)'\]\)/g);
  expect(packagesUnder('## Debian packages of the tests')).toEqual(
    [...gotten].map(([, fetched, installed]) => fetched ?? installed),
  );
});

/** The first column of the table under a heading of the page of dependencies. */
function packagesUnder(heading: string): string[] {
  const [, after = ''] = page('docs/dependencies.md').split(`\n${heading}\n`);
  return rows(after.split(/^## /m)[0] ?? '').flatMap(([name]) => quoted(name ?? ''));
}
