import type { Terminal } from '@xterm/headless';

/**
 * Sequences for the state that `@xterm/addon-serialize` leaves out: scroll region, saved cursor, tab stops, character sets,
 * cursor shape and visibility, mouse encoding. To be written after the serialised screen.
 */
export function serializeHiddenState(terminal: Terminal): string {
  // The public API does not show this state. The version of @xterm/headless is pinned, and test/pane/screen.test.ts compares all of it
  // after a restore, so that an update which moves these fields is noticed.
  const core = (terminal as unknown as { _core: HiddenCore })._core;
  const { buffer } = core._bufferService;
  let out = '';
  out += tabStops(buffer, terminal.cols);
  if (buffer.scrollTop !== 0 || buffer.scrollBottom !== terminal.rows - 1) {
    out += `\x1b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`;
  }
  if (buffer.savedX !== 0 || buffer.savedY !== 0) {
    out += `\x1b[${buffer.savedY - buffer.ybase + 1};${buffer.savedX + 1}H\x1b7`;
  }
  // Whatever of the above moved the cursor, here it goes back; a cursor past the last column (a wrap is due) is kept where nothing moved it.
  if (out !== '') out += `\x1b[${buffer.y + 1};${Math.min(buffer.x, terminal.cols - 1) + 1}H`;
  out += characterSets(core._charsetService);
  const { coreService } = core;
  if (coreService.isCursorHidden) out += '\x1b[?25l';
  out += cursorShape(coreService.decPrivateModes);
  out += MOUSE_ENCODINGS[core.coreMouseService.activeEncoding] ?? '';
  return out;
}

/** The modes that a person's terminal must take over from `terminal`: the sequence that ends each, and the one that starts it. */
export function inputModes(terminal: Terminal): Map<string, string> {
  const core = (terminal as unknown as { _core: HiddenCore })._core; // as above
  const { modes } = terminal;
  const on = new Map<string, string>();
  if (modes.applicationCursorKeysMode) on.set('\x1b[?1l', '\x1b[?1h');
  if (modes.applicationKeypadMode) on.set('\x1b>', '\x1b=');
  if (modes.bracketedPasteMode) on.set('\x1b[?2004l', '\x1b[?2004h');
  if (modes.sendFocusMode) on.set('\x1b[?1004l', '\x1b[?1004h');
  const tracking = { none: 0, x10: 9, vt200: 1000, drag: 1002, any: 1003 }[modes.mouseTrackingMode];
  if (tracking !== 0) on.set(`\x1b[?${tracking}l`, `\x1b[?${tracking}h`);
  const encoding = MOUSE_ENCODINGS[core.coreMouseService.activeEncoding];
  if (encoding !== undefined) on.set(encoding.replace('h', 'l'), encoding);
  const shape = cursorShape(core.coreService.decPrivateModes);
  if (shape !== '') on.set('\x1b[0 q', shape);
  return on;
}

/** Whether the program has hidden the cursor. */
export function isCursorHidden(terminal: Terminal): boolean {
  return (terminal as unknown as { _core: HiddenCore })._core.coreService.isCursorHidden; // as above
}

interface HiddenCore {
  _bufferService: { buffer: HiddenBuffer };
  _charsetService: { glevel: number; _charsets: (Record<string, string> | undefined)[] };
  coreService: { isCursorHidden: boolean; decPrivateModes: CursorModes };
  coreMouseService: { activeEncoding: string };
}

interface HiddenBuffer {
  x: number;
  y: number;
  ybase: number;
  savedX: number;
  savedY: number;
  scrollTop: number;
  scrollBottom: number;
  tabs: Record<number, boolean | undefined>;
}

interface CursorModes {
  cursorStyle?: 'block' | 'underline' | 'bar' | undefined;
  cursorBlink?: boolean | undefined;
}

const MOUSE_ENCODINGS: Partial<Record<string, string>> = { SGR: '\x1b[?1006h', SGR_PIXELS: '\x1b[?1016h' };

/** Tab stops when they are not every eight columns. */
function tabStops(buffer: HiddenBuffer, cols: number): string {
  const stops = Array.from({ length: cols }, (_, column) => column).filter(
    (column) => buffer.tabs[column] === true,
  );
  if (stops.every((column) => column % 8 === 0) && stops.length === Math.ceil(cols / 8)) return '';
  return `\x1b[3g${stops.map((column) => `\x1b[${column + 1}G\x1bH`).join('')}`;
}

/** DECSCUSR: 1 and 2 block, 3 and 4 underline, 5 and 6 bar; the odd ones blink. */
function cursorShape({ cursorStyle, cursorBlink }: CursorModes): string {
  if (cursorStyle === undefined) return '';
  const steady = { block: 2, underline: 4, bar: 6 }[cursorStyle];
  return `\x1b[${cursorBlink === true ? steady - 1 : steady} q`;
}

/** Designates line drawing again where it is in use (the one set that programs use on a UTF-8 terminal), and the shift that is on. */
function characterSets({ glevel, _charsets }: HiddenCore['_charsetService']): string {
  const designators = ['(', ')', '*', '+'];
  let out = '';
  designators.forEach((designator, g) => {
    if (_charsets[g]?.q === '─') out += `\x1b${designator}0`;
  });
  return out + (['', '\x0e', '\x1bn', '\x1bo'][glevel] ?? '');
}
