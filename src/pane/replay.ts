import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { z } from 'zod';
import { CoworkError } from '../protocol/errors.ts';
import { plainText } from '../protocol/plain.ts';
import { drawScreen } from './cells.ts';
import { createFilter } from './filter.ts';
import { hiddenState } from './hidden-state.ts';
import { takeTerminal } from './local-terminal.ts';
import { parseHeader } from './recording.ts';
import { createScreen } from './screen.ts';

export interface ReplayOptions {
  /** An asciicast v2 file. */
  file: string;
  /** Times as fast as it was; 1 by default. */
  speed?: number;
  /** Longest pause that is kept, in seconds of the recording; 2 by default, Infinity keeps all. */
  idleLimit?: number;
  stdin: ReadStream;
  stdout: WriteStream;
  signal?: AbortSignal;
}

export interface ReplayResult {
  reason: 'ended' | 'left' | 'signal';
  /** With `signal`: which one; the caller ends the process accordingly. */
  signal?: NodeJS.Signals;
  /** Lines of the recording that were no events and were passed over. */
  skipped: number;
}

const FRAME_MS = 16;
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;
const Event = z.tuple([z.number().nonnegative(), z.string(), z.string()]);

/**
 * Plays a pane's recording in the terminal: space pauses, `+` and `-` change the speed, `q` or Ctrl-C leaves; when it is over the last
 * screen stays until a key. It is drawn like an attached pane, so a recording that was tampered with can't act on the terminal either.
 * Throws RECORDING_UNREADABLE when there is no such recording, NOT_A_TERMINAL without a terminal.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { stdin, stdout } = options;
  const { lines, header } = await openRecording(options.file);
  const leave = new AbortController();
  const local = takeTerminal(stdin, stdout);
  const screen = createScreen({ cols: clamp(header.width, 1_000), rows: clamp(header.height, 500) });
  const filter = createFilter({ maxCount: 500 });
  let speed = options.speed ?? 1;
  let isPaused = false;
  let at = 0;
  let skipped = 0;
  let result: Omit<ReplayResult, 'skipped'> | undefined;
  let note = '';
  let wake = (): void => undefined;

  const end = (how: Omit<ReplayResult, 'skipped'>): void => {
    result ??= how;
    leave.abort();
    wake();
  };
  const onKeys = (data: Buffer): void => {
    for (const key of data.toString()) {
      if (key === 'q' || key === '\x03' || key === '\x1d' || note !== '') end({ reason: 'left' });
      else if (key === ' ') isPaused = !isPaused;
      else if (key === '+') speed = Math.min(64, speed * 2);
      else if (key === '-') speed = Math.max(1 / 8, speed / 2);
    }
    draw();
    wake();
  };
  const onSignal = (signal: NodeJS.Signals): void => end({ reason: 'signal', signal });
  const onHangup = (): void => end({ reason: 'left' });
  const onResize = (): void => {
    local.invalidate();
    draw();
  };
  stdin.on('data', onKeys).on('end', onHangup).on('error', onHangup);
  stdout.on('error', onHangup).on('resize', onResize);
  for (const name of SIGNALS) process.on(name, onSignal);
  options.signal?.addEventListener('abort', onHangup, { once: true });
  if (options.signal?.aborted === true) onHangup();
  stdin.resume();

  try {
    await play();
    if (result === undefined) {
      note = 'the end; any key leaves';
      draw();
      await new Promise<void>((resolve) => leave.signal.addEventListener('abort', () => resolve()));
      // A key at the end leaves a recording that was played to its end.
      if (result === undefined || isLeft(result)) result = { reason: 'ended' };
    }
    return { ...(result ?? { reason: 'ended' }), skipped };
  } finally {
    lines.close();
    stdin.off('data', onKeys).off('end', onHangup).off('error', onHangup);
    stdin.pause();
    stdout.off('resize', onResize);
    for (const name of SIGNALS) process.off(name, onSignal);
    options.signal?.removeEventListener('abort', onHangup);
    local[Symbol.dispose]();
    stdout.off('error', onHangup);
    screen.dispose();
  }

  async function play(): Promise<void> {
    const idleLimit = options.idleLimit ?? 2;
    let lastDraw = 0;
    for await (const line of lines) {
      if (result !== undefined) return;
      const event = parseEvent(line);
      if (event === undefined) {
        skipped++;
        continue;
      }
      const [time, kind, data] = event;
      const gap = Math.min(idleLimit, Math.max(0, time - at));
      if (gap > 0.001) {
        // What came before is on the terminal before the pause begins; without a pause, frames keep their distance.
        await screen.settled();
        if (gap * 1_000 > FRAME_MS || performance.now() - lastDraw > FRAME_MS) {
          draw();
          lastDraw = performance.now();
        }
        await pause(gap);
      }
      await held();
      at = Math.max(at, time);
      if (kind === 'o') screen.write(filter.push(data));
      else if (kind === 'r') resize(data);
      if (screen.pending > 256 * 1024) await screen.settled();
    }
    await screen.settled();
    draw();
  }

  /** Waits while the person has paused. */
  async function held(): Promise<void> {
    while (isPaused && result === undefined) {
      draw();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  /** Waits `seconds` of the recording; a key ends the wait early, and what is left of it then runs at the new speed. */
  async function pause(seconds: number): Promise<void> {
    let left = seconds;
    while (left > 0.001 && result === undefined) {
      await held();
      const began = performance.now();
      const pace = speed;
      const woken = new AbortController();
      wake = () => woken.abort();
      await delay((left * 1_000) / pace, undefined, { signal: woken.signal }).catch(() => undefined);
      left -= ((performance.now() - began) / 1_000) * pace;
    }
  }

  function resize(data: string): void {
    const [cols, rows] = data.split('x').map(Number);
    if (Number.isInteger(cols) && Number.isInteger(rows)) {
      screen.resizeInOrder(clamp(Number(cols), 1_000), clamp(Number(rows), 500));
    }
  }

  function draw(): void {
    const { cols } = local;
    const rows = Math.max(1, local.rows - 1);
    const drawn = drawScreen(screen.terminal, { cols, rows, scrolledBack: 0 });
    const minutes = `${Math.floor(at / 60)}:${String(Math.floor(at % 60)).padStart(2, '0')}`;
    const keys = note === '' ? 'space pauses  + - speed  q leaves' : note;
    const text = ` replay · ${plainText(header.title ?? '')} · ${minutes} · ${isPaused ? 'paused' : `${speed}x`} · ${keys}`;
    local.show({
      rows: [...drawn.rows, `\x1b[0;7m${text.slice(0, cols).padEnd(cols)}\x1b[m`],
      cursor: hiddenState(screen.terminal).isCursorHidden ? undefined : drawn.cursor,
      modes: new Map(), // keys mean something to the player, not to a program
      bell: false,
    });
  }
}

async function openRecording(file: string) {
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 });
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  const iterator = lines[Symbol.asyncIterator]();
  let first: IteratorResult<string>;
  try {
    // The line reader doesn't pass on the stream's errors.
    first = await Promise.race([
      iterator.next(),
      new Promise<never>((_, reject) => stream.once('error', reject)),
    ]);
  } catch (error) {
    throw new CoworkError('RECORDING_UNREADABLE', `${file} can't be read.`, { cause: error });
  }
  const header = parseHeader(first.value ?? '');
  if (header === undefined) {
    lines.close();
    stream.destroy();
    throw new CoworkError('RECORDING_UNREADABLE', `${file} is no asciicast v2 recording.`);
  }
  return {
    header,
    lines: {
      [Symbol.asyncIterator]: () => iterator,
      close() {
        lines.close();
        stream.destroy();
      },
    },
  };
}

function parseEvent(line: string): z.infer<typeof Event> | undefined {
  try {
    return Event.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // not JSON: counted as skipped
  }
}

function isLeft(result: Omit<ReplayResult, 'skipped'>): boolean {
  return result.reason === 'left';
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(1, Math.floor(value)));
}
