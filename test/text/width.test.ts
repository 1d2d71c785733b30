import { Terminal } from '@xterm/headless';
import { expect, test } from 'vitest';
import { cutLine, widthOf, wrapLine } from '../../src/text/width.ts';

const SAMPLES = [
  'plain',
  'naïve café',
  '日本語テキスト',
  '한국어',
  'e\u0301a\u0308',
  'Ω≈ç√',
  '中a文b',
  '→ ✓ ✗ · › …',
  'ｆｕｌｌ',
];

/** Where the cursor of a terminal stands after a text. */
function columnsInTerminal(text: string): Promise<number> {
  const terminal = new Terminal({ cols: 200, rows: 2, allowProposedApi: true });
  return new Promise((resolve) => terminal.write(text, () => resolve(terminal.buffer.active.cursorX)));
}

test('the width of a text is the number of columns that a terminal gives it', async () => {
  for (const text of SAMPLES)
    expect({ text, width: widthOf(text) }).toEqual({ text, width: await columnsInTerminal(text) });
});

test('a wrapped line loses nothing but the spaces that it was broken at, and no row is too wide', () => {
  for (const line of [
    ...SAMPLES,
    'many words that go on and on',
    'x'.repeat(50),
    '',
    `${'日'.repeat(20)} a`,
    'a '.repeat(20),
  ]) {
    for (const columns of [2, 3, 7, 10, 40]) {
      const rows = wrapLine(line, columns);
      expect(rows.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
      expect(Math.max(...rows.map(widthOf))).toBeLessThanOrEqual(columns);
    }
  }
});

test('a cut line ends with an ellipsis, is never too wide, and a line that fits is left as it is', () => {
  expect(cutLine('fits', 4)).toBe('fits');
  expect(cutLine('does not fit', 5)).toBe('does…');
  for (const text of SAMPLES) expect(widthOf(cutLine(text.repeat(5), 9))).toBeLessThanOrEqual(9);
});
