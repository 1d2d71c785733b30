import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { KeySplitter } from '../text/key-splitter.ts';
import { plainText } from '../text/plain.ts';
import { fitLine } from '../text/width.ts';
import { type CastEvent, readRecording } from './cast.ts';
import { drawScreen } from './cells.ts';
import { createFilter } from './filter.ts';
import { hiddenState } from './hidden-state.ts';
import { assertTerminal, takeTerminal } from './local-terminal.ts';
import { createScreen } from './screen.ts';
import { listenTerminal, type ViewEnd } from './terminal-events.ts';

/** A place in a recording that one can jump to. */
export interface ReplayMark {
  /** Seconds since the start of the recording; may lie outside of it. */
  at: number;
  label: string;
}

export interface ReplayOptions {
  /** An asciicast v2 file; what was moved aside when it was full is played before it. */
  file: string;
  /** Times as fast as it was; 1 by default. */
  speed?: number;
  /** Longest pause that is kept, in seconds of the recording; 2 by default, Infinity keeps all. */
  idleLimit?: number;
  /** Where to begin, in seconds since the start of the recording. */
  from?: number;
  /** The same as a moment, in milliseconds since 1970. */
  beginAt?: number;
  /** The agent's mail, for instance, by the start of the recording (milliseconds since 1970). */
  marks?: (startedAt: number) => ReplayMark[];
  stdin: ReadStream;
  stdout: WriteStream;
  signal?: AbortSignal;
}

export type ReplayResult = (ViewEnd | { reason: 'ended' | 'left' }) & {
  /** Lines of the recording that were no events and were passed over. */
  skipped: number;
};

const FRAME_MS = 16;
/** Seconds that an arrow key jumps. */
const JUMP = 10;
/** How long what a key did is said, in milliseconds. */
const NOTE_MS = 2_500;

/**
 * Plays a pane's recording in the terminal: space pauses, `+` and `-` change the speed, Left and Right jump 10 s, Home and End to the ends, n and p to the
 * next and previous mark, `q` or Ctrl-C leaves; when it is over the last screen stays until a key. It is drawn like an attached pane, so a recording
 * that was tampered with can't act on the terminal either.
 * Throws RECORDING_UNREADABLE when there is no such recording, NOT_A_TERMINAL without a terminal.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { stdin, stdout, idleLimit = 2 } = options;
  assertTerminal(stdin, stdout);
  const { header, events, skipped } = await readRecording(options.file);
  const duration = events.at(-1)?.[0] ?? 0;
  const marks = (options.marks?.(header.timestamp * 1_000) ?? [])
    .filter(({ at }) => at >= 0 && at <= duration)
    .sort((a, b) => a.at - b.at);
  const local = takeTerminal(stdin, stdout);
  const screen = createScreen({ cols: clamp(header.width, 1_000), rows: clamp(header.height, 500) });
  const keys = new KeySplitter();
  let filter = createFilter();
  let speed = options.speed ?? 1;
  let isPaused = false;
  let isOver = false;
  /** Where it is, in seconds of the recording, and the event that comes next. */
  let at = 0;
  let next = 0;
  let target = options.beginAt === undefined ? options.from : options.beginAt / 1_000 - header.timestamp;
  let result: Omit<ReplayResult, 'skipped'> | undefined;
  let note = '';
  let noteTimer: NodeJS.Timeout | undefined;
  let lastFrame = 0;
  let wake = (): void => undefined;
  const listener = listenTerminal(
    { stdin, stdout, signal: options.signal },
    {
      keys: (data) => {
        for (const key of keys.push(data)) press(key);
        draw();
        wake();
      },
      resized: () => {
        local.invalidate();
        draw();
      },
      ended: end,
    },
  );

  try {
    while (result === undefined) await step();
    return { ...(result as ViewEnd), skipped };
  } finally {
    listener[Symbol.dispose]();
    clearTimeout(noteTimer);
    local[Symbol.dispose]();
    screen.dispose();
  }

  function end(how: Omit<ReplayResult, 'skipped'>): void {
    result ??= how;
    wake();
  }

  // --- the keys

  function press(key: string): void {
    const jump = {
      '\x1b[C': at + JUMP,
      '\x1b[D': at - JUMP,
      '\x1b[H': 0,
      '\x1b[1~': 0,
      '\x1b[F': duration,
      '\x1b[4~': duration,
    }[key];
    if (jump !== undefined) target = jump;
    else if (key === 'n') jumpTo(marks.find((mark) => mark.at > at + 0.05));
    else if (key === 'p') jumpTo(marks.findLast((mark) => mark.at < at - 1));
    else if (isOver) end({ reason: 'ended' });
    else if (key === 'q' || key === '\x03' || key === '\x1d') end({ reason: 'left' });
    else if (key === ' ') isPaused = !isPaused;
    else if (key === '+') speed = Math.min(64, speed * 2);
    else if (key === '-') speed = Math.max(1 / 8, speed / 2);
  }

  function jumpTo(mark: ReplayMark | undefined): void {
    if (mark === undefined) say(marks.length === 0 ? 'no message in this recording' : 'no further message');
    else {
      target = mark.at;
      say(mark.label);
    }
  }

  function say(text: string): void {
    note = text;
    clearTimeout(noteTimer);
    noteTimer = setTimeout(() => {
      note = '';
      draw();
    }, NOTE_MS);
  }

  // --- the recording

  /** Does one thing: a jump, a wait, or the next event. */
  async function step(): Promise<void> {
    if (target !== undefined) return seek(target);
    const event = events[next];
    isOver = event === undefined;
    if (isPaused || event === undefined) {
      await screen.settled();
      draw();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      return;
    }
    const gap = Math.min(idleLimit, event[0] - at);
    if (gap > 0.001 && !(await waited(gap, event[0]))) return;
    at = event[0];
    next++;
    apply(event);
    if (screen.pending > 256 * 1024) await screen.settled();
  }

  /** Lets `seconds` of the recording pass; false when a key came in between, and the wait is to be looked at anew. */
  async function waited(seconds: number, until: number): Promise<boolean> {
    // What came before is on the terminal before the pause begins; without a pause, frames keep their distance.
    await screen.settled();
    if (seconds * 1_000 > FRAME_MS || performance.now() - lastFrame > FRAME_MS) draw();
    const began = performance.now();
    const pace = speed;
    const woken = new AbortController();
    wake = () => woken.abort();
    await delay((seconds * 1_000) / pace, undefined, { signal: woken.signal }).catch(() => undefined);
    if (!woken.signal.aborted) return true;
    const left = seconds - ((performance.now() - began) / 1_000) * pace;
    at = Math.max(at, until - Math.max(0, left));
    return false;
  }

  /** Shows the screen as it was at `seconds`: from here on, or from the start when that lies behind. */
  async function seek(seconds: number): Promise<void> {
    target = undefined;
    const to = Math.max(0, Math.min(duration, seconds));
    if (to < at) {
      filter = createFilter();
      next = 0;
      screen.write('\x1bc');
      screen.resizeInOrder(clamp(header.width, 1_000), clamp(header.height, 500));
    }
    for (let event = events[next]; event !== undefined && event[0] <= to; event = events[++next]) {
      apply(event);
      if (screen.pending > 256 * 1024) await screen.settled();
    }
    at = to;
    await screen.settled();
    draw();
  }

  function apply([, kind, data]: CastEvent): void {
    if (kind === 'o') screen.write(filter.push(data));
    if (kind !== 'r') return;
    const [cols, rows] = data.split('x').map(Number);
    if (Number.isInteger(cols) && Number.isInteger(rows))
      screen.resizeInOrder(clamp(Number(cols), 1_000), clamp(Number(rows), 500));
  }

  function draw(): void {
    if (result !== undefined) return;
    lastFrame = performance.now();
    const { cols } = local;
    const rows = Math.max(1, local.rows - 1);
    const drawn = drawScreen(screen.terminal, { cols, rows, scrolledBack: 0 });
    const help = isOver ? 'the end; Left and Home go back, any other key leaves' : 'space + - ←→ n p q';
    const parts = [
      ...['replay', plainText(header.title ?? ''), `${clock(at)} of ${clock(duration)}`],
      ...[isPaused ? 'paused' : `${speed}x`, note === '' ? help : plainText(note)],
    ];
    local.show({
      rows: [...drawn.rows, `\x1b[0;7m${fitLine(` ${parts.join(' · ')}`, cols)}\x1b[m`],
      cursor: hiddenState(screen.terminal).isCursorHidden ? undefined : drawn.cursor,
      modes: new Map(), // keys mean something to the player, not to a program
      bell: false,
    });
  }
}

/** 0:07, 12:34, 1:02:03. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(1, Math.floor(value)));
}
