/** Columns that a code point takes: 0 for combining marks, 2 for wide ones (Unicode East Asian Width, coarse ranges). */
function columnsOf(codePoint: number): number {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) return 0;
  if (codePoint < 0x300) return 1;
  if (COMBINING.test(String.fromCodePoint(codePoint))) return 0;
  return WIDE.some(([from, to]) => codePoint >= from && codePoint <= to) ? 2 : 1;
}

const COMBINING = /^(?:\p{Mn}|\p{Me}|[\u200b-\u200f\u2060])$/u;
const WIDE: [number, number][] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Columns that a text without escape sequences takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character.codePointAt(0) ?? 0);
  return width;
}

/** Breaks one line into rows of at most `columns`, at spaces where that loses less than half a row. */
export function wrapLine(line: string, columns: number): string[] {
  const rows: string[] = [];
  let row = '';
  let width = 0;
  for (const character of line) {
    const next = columnsOf(character.codePointAt(0) ?? 0);
    if (width + next > columns) {
      const space = row.lastIndexOf(' ');
      const carried = space > row.length / 2 ? row.slice(space + 1) : '';
      rows.push(carried === '' ? row : row.slice(0, space));
      row = carried;
      width = widthOf(carried);
    }
    row += character;
    width += next;
  }
  rows.push(row);
  return rows;
}

/** Cuts a line to at most `columns`, with an ellipsis where something was cut. */
export function cutLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let cut = '';
  let width = 0;
  for (const character of line) {
    const next = columnsOf(character.codePointAt(0) ?? 0);
    if (width + next > columns - 1) break;
    cut += character;
    width += next;
  }
  return `${cut}…`;
}

/** `text` cut or filled with blanks to exactly `columns`. */
export function fitLine(text: string, columns: number): string {
  const cut = columns < 1 ? '' : cutLine(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - widthOf(cut)));
}
