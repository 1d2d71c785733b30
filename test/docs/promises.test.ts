import { expect, test } from 'vitest';
import { page } from './pages.ts';

/** Each promise with its number, its text and the tests that it names. */
const promises = page('docs/promises.md')
  .split(/^(?=\d+\. )/m)
  .slice(1)
  .map((text) => ({
    number: Number.parseInt(text, 10),
    text,
    tests: [...text.matchAll(/`(test\/[^`]+)` › (.+)/g)].map(([, file = '', title = '']) => ({
      file,
      title,
    })),
    benches: [...text.matchAll(/`npm run bench -- ([\w-]+)`/g)].map(([, name = '']) => name),
  }));

test('each promise keeps a number of its own, wherever it stands on the page, and none is missing', () => {
  const numbers = promises.map(({ number }) => number).toSorted((a, b) => a - b);
  expect(numbers).toEqual(promises.map((_, i) => i + 1));
});

test.each(promises)(
  'promise $number names a test or a bench that exists, or says that it is pending',
  ({ text, tests, benches }) => {
    for (const name of benches) expect(page(`bench/${name}.ts`), name).not.toBe('');
    if (tests.length + benches.length === 0) expect(text).toMatch(/pending/i);
    for (const { file, title } of tests) {
      // Titles stand in the source between quotes of any kind.
      expect(page(file).replaceAll("\\'", "'"), file).toContain(title);
    }
  },
);
