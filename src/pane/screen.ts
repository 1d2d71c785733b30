import xterm, { type Terminal } from '@xterm/headless';
import { guardParser } from './parser-guard.ts';
import { serializeTerminal } from './serialize.ts';

/** Lines of scrollback that a screen keeps. */
export const SCROLLBACK_LINES = 5_000;

/** A terminal's screen in memory. */
export interface Screen {
  readonly terminal: Terminal;
  /** Parses `text` soon; `parsed` is called when the screen has exactly what was written up to and with `text`. */
  write(text: string, parsed?: (text: string) => void): void;
  /** Characters that were written and are not parsed yet. */
  readonly pending: number;
  /** Resolves when everything written so far is on the screen. */
  settled(): Promise<void>;
  /** What a new terminal of the same size must be fed to look and act like this one, with at most `scrollback` lines above. */
  serialize(scrollback: number): string;
  resize(cols: number, rows: number): void;
  /** Resizes when all that was written before is parsed, and before what is written after; `resized` is called then. */
  resizeInOrder(cols: number, rows: number, resized?: () => void): void;
  dispose(): void;
}

/** Makes an empty screen. */
export function createScreen(options: { cols: number; rows: number; scrollback?: number }): Screen {
  const terminal = new xterm.Terminal({
    cols: options.cols,
    rows: options.rows,
    scrollback: options.scrollback ?? SCROLLBACK_LINES,
    allowProposedApi: true,
    logLevel: 'off',
  });
  guardParser(terminal);
  let pending = 0;
  let disposed = false;

  return {
    terminal,
    get pending() {
      return pending;
    },
    write(text, parsed) {
      if (text === '' || disposed) return;
      pending += text.length;
      terminal.write(text, () => {
        pending -= text.length;
        if (!disposed) parsed?.(text);
      });
    },
    settled: () => new Promise((resolve) => (disposed ? resolve() : terminal.write('', resolve))),
    serialize: (lines) => serializeTerminal(terminal, lines),
    resize(cols, rows) {
      if (cols !== terminal.cols || rows !== terminal.rows) terminal.resize(cols, rows);
    },
    resizeInOrder(cols, rows, resized) {
      terminal.write('', () => {
        if (disposed) return;
        terminal.resize(cols, rows);
        resized?.();
      });
    },
    dispose() {
      disposed = true;
      terminal.dispose();
    },
  };
}
