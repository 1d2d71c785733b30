import type { IBufferCell, IBufferLine, Terminal } from '@xterm/headless';
import type { Style } from './hidden-state.ts';

/**
 * One row of a screen as text and SGR sequences, `cols` cells wide at most, style reset at its end and the rest of the line cleared. With `left`, a
 * column of the terminal (from 0), it begins there, and instead of clearing it is filled with blanks to `cols`.
 */
export function drawRow(
  line: IBufferLine | undefined,
  cols: number,
  cell: IBufferCell,
  left?: number,
): string {
  let out = '';
  let drawn = 0;
  let style = '';
  let blanks = 0;
  const length = Math.min(cols, line?.length ?? 0);
  for (let x = 0; x < length; x++) {
    const found = line?.getCell(x, cell);
    if (found === undefined || found.getWidth() === 0) continue;
    const next = sgr(found);
    const characters = found.getChars() || ' ';
    if (characters === ' ' && next === '') {
      blanks++;
      continue;
    }
    if (blanks > 0) {
      // Blanks at the end of the row are left to the erasing below.
      if (style !== '') out += '\x1b[m';
      style = '';
      out += ' '.repeat(blanks);
      blanks = 0;
    }
    if (next !== style) out += `\x1b[${next === '' ? '' : `0${next}`}m`;
    style = next;
    const width = found.getWidth();
    drawn = Math.min(cols, x + width);
    if (x + width > cols) {
      out += ' '; // half of a wide character would be visible
      continue;
    }
    out += characters;
    // Terminals disagree about the width of these; saying the column keeps a disagreement to itself.
    if (width !== 1 || characters.length > 1) out += `\x1b[${(left ?? 0) + x + width + 1}G`;
  }
  if (style !== '') out += '\x1b[m';
  return left === undefined ? `${out}\x1b[K` : out + ' '.repeat(cols - drawn);
}

/** Parameters of the cell's style, each led by a semicolon; empty for the default style. */
export function sgr(cell: Style): string {
  if (cell.isAttributeDefault()) return '';
  let out = '';
  if (cell.isBold()) out += ';1';
  if (cell.isDim()) out += ';2';
  if (cell.isItalic()) out += ';3';
  if (cell.isUnderline()) out += ';4';
  if (cell.isBlink()) out += ';5';
  if (cell.isInverse()) out += ';7';
  if (cell.isInvisible()) out += ';8';
  if (cell.isStrikethrough()) out += ';9';
  if (cell.isOverline()) out += ';53';
  if (cell.isFgRGB()) out += rgb(38, cell.getFgColor());
  else if (cell.isFgPalette()) out += palette(30, cell.getFgColor());
  if (cell.isBgRGB()) out += rgb(48, cell.getBgColor());
  else if (cell.isBgPalette()) out += palette(40, cell.getBgColor());
  return out;
}

function rgb(kind: 38 | 48, color: number): string {
  return `;${kind};2;${(color >> 16) & 255};${(color >> 8) & 255};${color & 255}`;
}

function palette(base: 30 | 40, color: number): string {
  if (color < 8) return `;${base + color}`;
  if (color < 16) return `;${base + 60 + color - 8}`;
  return `;${base + 8};5;${color}`;
}

/** The rows of a screen that a viewer of `cols` by `rows` sees, and where its cursor is there (from 0), if it is visible at all. */
export function drawScreen(
  terminal: Terminal,
  view: { cols: number; rows: number; scrolledBack: number },
): { rows: string[]; cursor: { x: number; y: number } | undefined; top: number } {
  const buffer = terminal.buffer.active;
  // A view that is lower than the screen follows the cursor.
  const top = Math.max(0, Math.min(buffer.cursorY - view.rows + 1, terminal.rows - view.rows));
  const first = Math.max(0, buffer.baseY + top - view.scrolledBack);
  const cell = buffer.getNullCell();
  const shown = Math.min(view.rows, terminal.rows);
  const rows: string[] = [];
  for (let y = 0; y < view.rows; y++) {
    rows.push(
      y < shown ? drawRow(buffer.getLine(first + y), Math.min(view.cols, terminal.cols), cell) : '\x1b[K',
    );
  }
  const y = buffer.baseY + buffer.cursorY - first;
  const x = Math.min(buffer.cursorX, terminal.cols - 1);
  const cursor = y >= 0 && y < view.rows && x < view.cols ? { x, y } : undefined;
  return { rows, cursor, top };
}
