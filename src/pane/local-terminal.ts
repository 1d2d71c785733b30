import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import { CoworkError } from '../protocol/errors.ts';
import { startGuard } from './guard.ts';
import { noticeSequence } from './notice.ts';
import { adaptRow, terminalLook } from './terminal-look.ts';

/** What is to be on a terminal: every row, the cursor, and the modes that programs in it have asked for. */
export interface Frame {
  rows: string[];
  cursor: { x: number; y: number } | undefined;
  /** Sequences that switch a mode on, by the sequence that switches it off. */
  modes: ReadonlyMap<string, string>;
  bell: boolean;
}

/** The person's own terminal while a pane is on it. */
export interface LocalTerminal extends Disposable {
  readonly cols: number;
  readonly rows: number;
  /** Brings the terminal to show `frame`, writing only what differs from the last one. */
  show(frame: Frame): void;
  /** Forgets what is on the terminal, so that the next frame is written whole. */
  invalidate(): void;
  /** Tells the person something that they may be looking away from. */
  notify(text: string): void;
}

/** Alternate screen, no automatic wrap: a character of unexpected width can't push the rest around. */
const ENTER = '\x1b[?1049h\x1b[?7l\x1b[m\x1b[2J';

/** Everything that a pane can have switched on, off again; then back to the screen that was there before. */
export const LEAVE =
  '\x1b[?2026l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l' +
  '\x1b[?2004l\x1b[?1l\x1b>\x1b[?5l\x1b[?7h\x1b[m\x1b[0 q\x1b[?25h\x1b[2J\x1b[?1049l';

/**
 * Takes a terminal over: raw mode and the alternate screen. It is given back as it was by disposing, and also when the process ends
 * by `process.exit` or an uncaught error; should it be killed, a guard does it.
 * Throws NOT_A_TERMINAL when the streams are none.
 */
export function takeTerminal(stdin: ReadStream, stdout: WriteStream): LocalTerminal {
  assertTerminal(stdin, stdout);
  let shown: string[] = [];
  let modes: ReadonlyMap<string, string> = new Map();
  let taken = true;
  const look = terminalLook(process.env);
  const guard = startGuard(LEAVE);
  const giveBack = (): void => {
    if (!taken) return;
    taken = false;
    process.off('exit', giveBack);
    process.off('uncaughtExceptionMonitor', giveBack);
    try {
      writeSync(descriptorOf(stdout), LEAVE);
      stdin.setRawMode(false);
      guard.release();
    } catch {
      // The terminal is gone (hang-up): nothing is left to restore.
    }
  };
  process.on('exit', giveBack);
  process.on('uncaughtExceptionMonitor', giveBack);
  stdin.setRawMode(true);
  guard.arm();
  stdout.write(ENTER);

  return {
    get cols() {
      return Math.max(1, stdout.columns);
    },
    get rows() {
      return Math.max(1, stdout.rows);
    },
    show(frame) {
      if (!taken) return;
      let changed = '';
      frame.rows.forEach((row, y) => {
        if (row !== shown[y]) changed += `\x1b[${y + 1};1H${adaptRow(row, look)}`;
      });
      shown = frame.rows;
      let out = frame.bell ? '\x07' : '';
      for (const [off] of modes) if (!frame.modes.has(off)) out += off;
      for (const [off, on] of frame.modes) if (modes.get(off) !== on) out += on;
      modes = frame.modes;
      out += `\x1b[?25l${changed}`;
      if (frame.cursor !== undefined) out += `\x1b[${frame.cursor.y + 1};${frame.cursor.x + 1}H\x1b[?25h`;
      stdout.write(`\x1b[?2026h${out}\x1b[?2026l`);
    },
    invalidate() {
      shown = [];
      modes = new Map();
      if (taken) stdout.write(ENTER);
    },
    notify(text) {
      if (taken) stdout.write(noticeSequence(text, process.env));
    },
    [Symbol.dispose]: giveBack,
  };
}

/** Throws NOT_A_TERMINAL unless keys can be read raw and a screen can be drawn. */
export function assertTerminal(stdin: ReadStream, stdout: WriteStream): void {
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new CoworkError('NOT_A_TERMINAL', 'A pane needs a terminal for its keys and its screen.');
  }
  if (process.env.TERM === 'dumb') {
    throw new CoworkError('NOT_A_TERMINAL', 'This terminal (TERM=dumb) can draw no screen.');
  }
}

/** Node's types leave `fd` out of a terminal's output, where it always is. */
function descriptorOf(stdout: WriteStream): number {
  return 'fd' in stdout && typeof stdout.fd === 'number' ? stdout.fd : 1;
}
