import type { IBuffer, IBufferLine, Terminal } from '@xterm/headless';
import { sgr } from './cells.ts';
import { type HiddenState, hiddenState, inputModes, type SavedCursor, type Style } from './hidden-state.ts';

/**
 * What a new terminal of the same size must be fed to look and act like `terminal`: both screens, at most `scrollback` lines above,
 * cursor, modes, margins, tab stops, character sets. (`@xterm/addon-serialize` leaves half of the state out and misplaces the cursor.)
 */
export function serializeTerminal(terminal: Terminal, scrollback: number): string {
  const { normal, active } = terminal.buffer;
  const state = hiddenState(terminal);
  let out = lines(normal, Math.max(0, normal.baseY - scrollback), terminal);
  if (active.type === 'alternate') {
    out += savedCursor(state.saved.normal);
    out += `${moveTo(normal.cursorX, normal.cursorY)}\x1b[m\x1b[?1047h`;
    for (let y = 0; y < terminal.rows; y++)
      out += moveTo(0, y) + row(active.getLine(y), terminal.cols, false);
  }
  out += tabStops(state, terminal.cols);
  out += savedCursor(active.type === 'alternate' ? state.saved.alternate : state.saved.normal);
  out += margins(state, terminal.rows);
  out += cursor(terminal, state);
  out += styled(state.style);
  state.lineDrawing.forEach((isDrawing, g) => {
    if (isDrawing) out += `\x1b${'()*+'[g]}0`;
  });
  out += ['', '\x0e', '\x1bn', '\x1bo'][state.charset] ?? '';
  // Last, because these change what printing does.
  if (terminal.modes.insertMode) out += '\x1b[4h';
  if (!terminal.modes.wraparoundMode) out += '\x1b[?7l';
  if (terminal.modes.reverseWraparoundMode) out += '\x1b[?45h';
  for (const on of inputModes(terminal).values()) out += on;
  return out + (state.isCursorHidden ? '\x1b[?25l' : '');
}

/** All lines of `buffer` from `first`: the later ones push the earlier ones into the scrollback. A wrapped line wraps again. */
function lines(buffer: IBuffer, first: number, { cols }: Terminal): string {
  let out = '';
  for (let y = first; y < buffer.length; y++) {
    const isContinued = buffer.getLine(y + 1)?.isWrapped === true;
    out += row(buffer.getLine(y), cols, isContinued);
    if (!isContinued && y + 1 < buffer.length) out += '\r\n';
  }
  return out;
}

/** One row, all its columns when `isFull`, else without the blanks at its end. The style is reset at its end. */
function row(line: IBufferLine | undefined, cols: number, isFull: boolean): string {
  if (line === undefined) return '';
  let out = '';
  let style = '';
  let blanks = 0;
  for (let x = 0; x < cols; x++) {
    const cell = line.getCell(x);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const next = sgr(cell);
    const characters = cell.getChars();
    if (characters === '' && next === '') {
      blanks++;
      continue;
    }
    if (blanks > 0) {
      if (style !== '') out += '\x1b[m';
      style = '';
      out += ' '.repeat(blanks);
      blanks = 0;
    }
    if (next !== style) out += `\x1b[0${next}m`;
    style = next;
    out += characters || ' ';
  }
  if (style !== '') out += '\x1b[m';
  return isFull ? out + ' '.repeat(blanks) : out;
}

function savedCursor({ x, y, style }: SavedCursor): string {
  return x === 0 && y === 0 && sgr(style) === '' ? '' : `${moveTo(x, y)}${styled(style)}\x1b7\x1b[m`;
}

/** Tab stops, where they are not every eight columns. */
function tabStops({ tabStops: stops }: HiddenState, cols: number): string {
  if (stops.every((x) => x % 8 === 0) && stops.length === Math.ceil(cols / 8)) return '';
  return `\x1b[3g${stops.map((x) => `\x1b[${x + 1}G\x1bH`).join('')}`;
}

function margins({ margins: { top, bottom } }: HiddenState, rows: number): string {
  return top === 0 && bottom === rows - 1 ? '' : `\x1b[${top + 1};${bottom + 1}r`;
}

/** Puts the cursor where it is; past the last column (a wrap is due) by writing the last cell again. */
function cursor({ buffer: { active }, cols, modes }: Terminal, state: HiddenState): string {
  const { cursorX: x, cursorY } = active;
  // In origin mode, rows count from the upper margin.
  const origin = modes.originMode ? '\x1b[?6h' : '';
  const y = modes.originMode ? cursorY - state.margins.top : cursorY;
  if (x < cols) return origin + moveTo(x, y);
  const line = active.getLine(active.baseY + cursorY);
  const isWide = line?.getCell(cols - 1)?.getWidth() === 0;
  const cell = line?.getCell(isWide ? cols - 2 : cols - 1);
  if (cell === undefined) return origin + moveTo(cols - 1, y);
  return `${origin}${moveTo(isWide ? cols - 2 : cols - 1, y)}${styled(cell)}${cell.getChars() || ' '}`;
}

function styled(style: Style): string {
  return `\x1b[0${sgr(style)}m`;
}

function moveTo(x: number, y: number): string {
  return `\x1b[${y + 1};${x + 1}H`;
}
