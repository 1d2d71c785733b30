import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { pages, quoted, ROOT } from './pages.ts';

test.each(pages())('every relative link of $path leads to a file', ({ path, text }) => {
  const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target ?? '');
  const missing = targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(ROOT, dirname(path), target)));
  expect(missing).toEqual([]);
});

test.each(pages())('every file of the repository that $path names is there', ({ text }) => {
  const files = quoted(text).filter((word) =>
    /^(src|test|bench|docs|examples|scripts)\/[\w./-]+\.\w+$/.test(word),
  );
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
