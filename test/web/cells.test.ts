import { expect, test } from 'vitest';
import { columnName, isNumber } from '../../src/web/client/viewer/cells.ts';

test('columns have the names that spreadsheets give them, also the widest', () => {
  const names = { 0: 'A', 25: 'Z', 26: 'AA', 51: 'AZ', 701: 'ZZ', 702: 'AAA', 16383: 'XFD' };
  for (const [index, name] of Object.entries(names)) expect(columnName(Number(index))).toBe(name);
});

test('a number is told from words, however it is written', () => {
  for (const text of ['1', '-2.5', '+3', '1,234.50', "1'000", '12%', ' 7 '])
    expect(isNumber(text), text).toBe(true);
  for (const text of ['', 'A1', '-', '1 of 2', '2026-11-22', '%']) expect(isNumber(text), text).toBe(false);
});
