import { expect, test } from 'vitest';
import { Markdown } from '../../src/agent/markdown.ts';
import { paint } from '../../src/agent/spans.ts';
import { widthOf } from '../../src/text/width.ts';

/** The rows that a text makes; `styled` keeps its SGR sequences. */
function rows(text: string, columns = 60, styled = false): string[] {
  const markdown = new Markdown();
  const lines = text.split('\n').flatMap((line) => markdown.line(line, columns));
  return [...lines, ...markdown.end(columns)].map((row) =>
    styled ? paint(row, true) : row.map((span) => span.text).join(''),
  );
}

test('emphasis, code and links within a line are drawn, without their marks', () => {
  expect(rows('a **strong** and *weak* and `code` and ~~gone~~ [here](https://x.y)')).toEqual([
    'a strong and weak and code and gone here (https://x.y)',
  ]);
  expect(rows('**b**', 60, true)).toEqual(['\x1b[1mb\x1b[0m']);
  expect(rows('**b `c`**', 60, true)).toEqual(['\x1b[1mb \x1b[0m\x1b[1;36mc\x1b[0m']);
});

test('what only looks like Markdown stays as it is', () => {
  for (const text of [
    'snake_case_name',
    '2 * 3 * 4',
    'a ** b',
    '`open',
    '[x] y',
    'C:\\a_b',
    '#tag',
    '-5 degrees',
  ]) {
    expect(rows(text)).toEqual([text]);
  }
});

test('headings, lists, quotes and rules have their own looks, and items hang under their text', () => {
  expect(rows('# One\n## Two ##\n- item\n  1. inner\n- [x] done\n> said\n---')).toEqual([
    'One',
    'Two',
    '• item',
    '  1. inner',
    '☑ done',
    '│ said',
    '─'.repeat(40),
  ]);
  expect(rows('- one two three four', 12)).toEqual(['• one two', '  three four']);
});

test('code is kept as it is, and changes in it are coloured', () => {
  expect(rows('```js\nconst **a** = `b`;\n\n# no heading\n```\nafter')).toEqual([
    '  const **a** = `b`;',
    '  ',
    '  # no heading',
    'after',
  ]);
  expect(rows('```diff\n-old\n+new\n```', 60, true)).toEqual([
    '\x1b[31m  -old\x1b[0m',
    '\x1b[32m  +new\x1b[0m',
  ]);
});

test('a table is aligned where there is room, by the width of its characters', () => {
  const table = '| name | count |\n|---|---|\n| 漢字 | 1 |\n| **b** | 22 |\nafter';
  expect(rows(table)).toEqual(['name │ count', '─────┼──────', '漢字 │ 1', 'b    │ 22', 'after']);
  expect(rows(table, 10)[0]).toBe('| name |');
});

test('no row is wider than asked, whatever the text, and no word is lost', () => {
  const text = `${'word '.repeat(30)}**${'strong '.repeat(10)}** ${'漢字'.repeat(20)} ${'x'.repeat(50)} e\u0301${'e\u0301'.repeat(30)}`;
  for (const columns of [10, 17, 40]) {
    const found = rows(`- ${text}`, columns);
    expect(Math.max(...found.map(widthOf))).toBeLessThanOrEqual(columns);
    const plain = (shown: string): string => shown.replaceAll(/[\s*•-]/g, '');
    expect(plain(found.join(''))).toBe(plain(text));
  }
});
