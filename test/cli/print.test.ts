import { expect, test } from 'vitest';
import { brief, duration, table } from '../../src/cli/print.ts';

test('columns are aligned, and what agents wrote prints no control sequence', () => {
  expect(
    table(
      ['A', 'B'],
      [
        ['longer', 'x'],
        ['s', '\x1b[31mred'],
      ],
    ),
  ).toBe('A       B\nlonger  x\ns       ␛[31mred\n');
});

test('a length of time is said in its largest units', () => {
  expect([0, 59_400, 60_000, 185_000, 7_800_000].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min 0 s',
    '3 min 5 s',
    '2 h 10 min',
  ]);
});

test('a brief text is one plain line', () => {
  expect(brief('  a\n b\tc ', 10)).toBe('a b c');
  expect(brief('x'.repeat(20), 5)).toBe('xxxx…');
});
