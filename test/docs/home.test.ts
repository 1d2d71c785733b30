import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  globSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TEAM_FILES } from '../../src/protocol/format.ts';
import { launch } from '../support/team.ts';
import { page, quoted, rows } from './pages.ts';

/** What the first column of the page names, as expressions. */
const known = rows(page('docs/home.md')).flatMap(([file = '']) =>
  quoted(file).map(
    (path) =>
      new RegExp(
        `^${path
          .replaceAll('.', '\\.')
          .replaceAll(/TEAM|AGENT|KEY/g, '[^/]+')
          .replaceAll('*', '.+')}$`,
      ),
  ),
);

/** A path of a team with one sign for whatever is a name. */
const shapeOf = (path: string) => path.replaceAll(/AGENT|\*\*/g, '*').replace(/^teams\/TEAM\//, '');

test('the page of files and the format name the same files of a team', () => {
  const onPage = rows(page('docs/home.md')).flatMap(([file = '']) =>
    quoted(file).filter((path) => path.startsWith('teams/TEAM/') && !path.endsWith('.sock')),
  );
  const ofFormat = TEAM_FILES.map(({ path }) => shapeOf(path));
  // What the page says of a folder holds for what is in it; a file before the last one has no row of its own.
  const isUnder = (path: string, others: string[]) =>
    others.some((other) => path === other || (other.endsWith('/*') && path.startsWith(other.slice(0, -1))));
  expect(onPage.map(shapeOf).filter((path) => !isUnder(path, ofFormat))).toEqual([]);
  const extra = ofFormat.filter((path) => !isUnder(path, onPage.map(shapeOf)) && !/\.1\.\w+$/.test(path));
  expect(extra).toEqual([]);
});

const script = join(import.meta.dirname, '../../scripts/conformance.mjs');
const check = (dir: string) => spawnSync(process.execPath, [script, dir], { encoding: 'utf8' });

test('every file that a team leaves is on the page of files, and nobody else may read it', async () => {
  const team = await launch('count');
  await team.json('wait', '-t', team.name);
  const files = globSync('**/*', { cwd: team.home }).filter((path) =>
    statSync(join(team.home, path)).isFile(),
  );
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter((path) => !known.some((pattern) => pattern.test(path)))).toEqual([]);
  const open = globSync(['*', '**/*'], { cwd: team.home }).filter(
    (path) => statSync(join(team.home, path)).mode & 0o077,
  );
  expect(open).toEqual([]);

  // The format names them all, too, and the check of a folder finds them whole; or says which is not, where and why.
  expect(check(team.dir)).toMatchObject({ status: 0, stdout: expect.stringMatching(/, 0 problems\n$/) });
  const damaged = join(team.tmp, 'damaged');
  cpSync(team.dir, damaged, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  const journals = globSync('**/*.jsonl', { cwd: damaged }).filter((path) => !path.includes('workspace'));
  expect(journals.length).toBeGreaterThan(8);
  const odd = '\n{"v":1,"id":"odd","type":"odd","by":"x","incarnation":0,"at":"now"}\n';
  const wanted = journals.map((path) => {
    const lines = readFileSync(join(damaged, path), 'utf8').split('\n').length;
    appendFileSync(join(damaged, path), odd);
    return new RegExp(`^${path}:${lines + 1}: .+ \\(byte \\d+\\)$`, 'm');
  });
  for (const path of globSync(['team.json', 'agents/*/agent.json', 'mailbox/*/cursor.json'], {
    cwd: damaged,
  })) {
    truncateSync(join(damaged, path), 20);
    wanted.push(new RegExp(`^${path}:1: not JSON: `, 'm'));
  }
  writeFileSync(join(damaged, 'stray.txt'), '');
  const { stdout } = check(damaged);
  for (const line of [...wanted, /^stray\.txt: is no file of a team$/m]) expect(stdout).toMatch(line);
});
