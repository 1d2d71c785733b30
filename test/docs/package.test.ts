import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

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
