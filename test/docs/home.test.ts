import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
});
