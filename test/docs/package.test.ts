import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

const root = join(import.meta.dirname, '../..');

test('the package holds what it runs from, and neither tests nor benches', () => {
  const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    ...{ cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 16 * 1024 * 1024 },
  });
  const [packed] = JSON.parse(said) as { files: { path: string }[] }[];
  const files = (packed?.files ?? []).map(({ path }) => path);
  expect(files).toEqual(
    expect.arrayContaining([
      ...['bin/cowork.js', 'dist/cli.mjs', 'dist/keeper.mjs', 'dist/supervisor.mjs', 'dist/agent.mjs'],
      ...['src/vm/guest/pid1.pl', 'src/git/hooks/pre-receive', 'scripts/setup.mjs', 'LICENSE', 'README.md'],
      'src/model/rehearsal/script.ts',
    ]),
  );
  expect(files.some((path) => path.startsWith('dist/web/'))).toBe(true);
  expect(files.filter((path) => /^(test|bench|\.ci)\//.test(path))).toEqual([]);
});

test('what is packed works from a fresh folder: version, doctor, a rehearsed job, the dashboard', async () => {
  const folder = await temporaryFolder();
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const file = npm('pack', root, '--ignore-scripts').trim().split('\n').at(-1) ?? '';
  let place = join(folder, 'package');
  if (process.env.COWORK_SOAK === undefined) {
    // With the dependencies of this clone: to install them takes a minute or two.
    execFileSync('tar', ['xzf', file], { cwd: folder });
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'));
  } else {
    writeFileSync(join(folder, 'package.json'), '{"private":true,"allowScripts":{"node":true}}');
    npm('install', `./${file}`, '--no-audit', '--no-fund', '--prefer-offline');
    place = join(folder, 'node_modules', 'cowork');
  }
  const desk = openDesk();
  const program = join(place, 'bin', 'cowork.js');
  const env = { ...desk.env, COWORK_HOME: desk.home };
  const cowork = (...args: string[]) =>
    execFileSync(process.execPath, [program, ...args], { cwd: desk.folder, env, encoding: 'utf8' });
  expect(cowork('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  try {
    expect(cowork('doctor')).toContain('terminal');
  } catch (error) {
    // Where machines can't run it says so and ends with 1; what it says is what counts here.
    expect((error as { stdout: string }).stdout).toContain('terminal');
  }
  const texts = join(desk.folder, 'texts');
  mkdirSync(texts);
  writeFileSync(join(texts, 'a.txt'), 'one two three\n');
  const rehearsal = join(place, 'examples', 'first-team', 'rehearsal.ts');
  const job = ['launch', 'Count', '--team', 'packed', '--grant', texts, '--rehearsal', rehearsal];
  cowork(...job, '--sandbox', 'none', '--teammates', '1', '--detach');
  await eventually(
    'the lead to have counted',
    () => cowork('mail', '--json').includes('3 words in 1 text'),
    60_000,
  );
  cowork('send', 'lead', 'That is all.');
  expect(cowork('wait', '--timeout', '120')).toContain('done');
  const web = spawn(process.execPath, [program, 'web'], { cwd: desk.folder, env });
  onTestFinished(() => void web.kill());
  let said = '';
  for (const stream of [web.stdout, web.stderr]) stream.on('data', (text) => (said += text));
  const address = await eventually(
    'the link of the dashboard',
    () => /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0],
    30_000,
  );
  expect(await (await fetch(address)).text()).toContain('<script');
}, 600_000);
