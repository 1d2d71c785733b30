import type { IBufferCell, Terminal } from '@xterm/headless';

/** How text is drawn; cells have one, and so has what is written next. */
export type Style = Omit<IBufferCell, 'getWidth' | 'getChars' | 'getCode'>;

/** The part of a terminal's state that its public API does not show. Positions count from 0. */
export interface HiddenState {
  isCursorHidden: boolean;
  /** Style of what is written next. */
  style: Style;
  /** What DECSC has saved, of the normal and of the alternate screen. */
  saved: { normal: SavedCursor; alternate: SavedCursor };
  margins: { top: number; bottom: number };
  /** Columns of the tab stops. */
  tabStops: number[];
  /** Character sets that are line drawing (G0 to G3), and which one is in use. */
  lineDrawing: boolean[];
  charset: number;
  /** DECSCUSR's number of the cursor's shape, when one was set. */
  cursorShape: number | undefined;
  /** Sequence that switches the mouse encoding on; empty for the oldest one. */
  mouseEncoding: string;
}

export interface SavedCursor {
  x: number;
  y: number;
  style: Style;
}

/** Reads it all. */
export function hiddenState(terminal: Terminal): HiddenState {
  // The version of @xterm/headless is pinned, and test/pane/screen.test.ts compares all of this after a restore, so that an update which
  // moves these fields is noticed.
  const core = (terminal as unknown as { _core: Core })._core;
  const { buffer, buffers } = core._bufferService;
  const { cursorStyle, cursorBlink } = core.coreService.decPrivateModes;
  const saved = ({ savedX, savedY, savedCurAttrData, ybase }: Buffer): SavedCursor => ({
    x: savedX,
    y: Math.max(0, savedY - ybase),
    style: savedCurAttrData,
  });
  return {
    isCursorHidden: core.coreService.isCursorHidden,
    style: core._inputHandler._curAttrData,
    saved: { normal: saved(buffers.normal), alternate: saved(buffers.alt) },
    margins: { top: buffer.scrollTop, bottom: buffer.scrollBottom },
    tabStops: Array.from({ length: terminal.cols }, (_, x) => x).filter((x) => buffer.tabs[x] === true),
    lineDrawing: [0, 1, 2, 3].map((g) => core._charsetService._charsets[g]?.q === '─'),
    charset: core._charsetService.glevel,
    cursorShape:
      cursorStyle === undefined
        ? undefined
        : { block: 2, underline: 4, bar: 6 }[cursorStyle] - (cursorBlink === true ? 1 : 0),
    mouseEncoding:
      { SGR: '\x1b[?1006h', SGR_PIXELS: '\x1b[?1016h' }[core.coreMouseService.activeEncoding] ?? '',
  };
}

/** The modes that a person's terminal must take over from `terminal`: the sequence that ends each, and the one that starts it. */
export function inputModes(terminal: Terminal): Map<string, string> {
  const { cursorShape, mouseEncoding } = hiddenState(terminal);
  const { modes } = terminal;
  const on = new Map<string, string>();
  if (modes.applicationCursorKeysMode) on.set('\x1b[?1l', '\x1b[?1h');
  if (modes.applicationKeypadMode) on.set('\x1b>', '\x1b=');
  if (modes.bracketedPasteMode) on.set('\x1b[?2004l', '\x1b[?2004h');
  if (modes.sendFocusMode) on.set('\x1b[?1004l', '\x1b[?1004h');
  const tracking = { none: 0, x10: 9, vt200: 1000, drag: 1002, any: 1003 }[modes.mouseTrackingMode];
  if (tracking !== 0) on.set(`\x1b[?${tracking}l`, `\x1b[?${tracking}h`);
  if (mouseEncoding !== '') on.set(mouseEncoding.replace('h', 'l'), mouseEncoding);
  if (cursorShape !== undefined) on.set('\x1b[0 q', `\x1b[${cursorShape} q`);
  return on;
}

interface Core {
  _bufferService: { buffer: Buffer; buffers: { normal: Buffer; alt: Buffer } };
  _charsetService: { glevel: number; _charsets: (Record<string, string> | undefined)[] };
  _inputHandler: { _curAttrData: Style };
  coreService: {
    isCursorHidden: boolean;
    decPrivateModes: { cursorStyle?: 'block' | 'underline' | 'bar' | undefined; cursorBlink?: boolean };
  };
  coreMouseService: { activeEncoding: string };
}

interface Buffer {
  ybase: number;
  savedX: number;
  savedY: number;
  savedCurAttrData: Style;
  scrollTop: number;
  scrollBottom: number;
  tabs: Record<number, boolean | undefined>;
}
