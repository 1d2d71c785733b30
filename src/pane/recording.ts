import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';

/** Default size at which a recording goes on in a new file, in bytes. With the file before it, an agent's recordings take twice this. */
export const RECORDING_CAP_BYTES = 32 * 1024 * 1024;

/** Output is gathered this long, in milliseconds, and is one event then; a killed keeper loses at most this much. */
const FLUSH_MS = 25;

/** First line of an asciicast v2 file (docs.asciinema.org/manual/asciicast/v2). */
export const CastHeader = z.object({
  version: z.literal(2),
  width: z.number().int().min(1).max(10_000),
  height: z.number().int().min(1).max(10_000),
  /** Start, in seconds since 1970; event times count from here. */
  timestamp: z.number().nonnegative(),
  title: z.string().optional(),
});
export type CastHeader = z.infer<typeof CastHeader>;

/** An event whose time is still absolute: from when the file counts is known when the event is written. */
interface Line {
  /** Milliseconds since 1970. */
  at: number;
  kind: 'o' | 'r' | 'm';
  data: string;
}

export interface RecordingOptions {
  file: string;
  title: string;
  size(): { cols: number; rows: number };
  /** Draws the screen as it is now; the first event of a file that continues another. */
  snapshot(): string;
  capBytes?: number;
  now?: () => number;
  /** Called once when the file can't be written (full disk …); the recording stops, the pane goes on. */
  onError?: (error: unknown) => void;
}

/** Writes a pane's output to an append-only asciicast v2 file that any asciinema player plays. */
export interface Recording extends AsyncDisposable {
  output(text: string): void;
  resize(cols: number, rows: number): void;
  /** Characters that are not written yet. */
  readonly pending: number;
  /** Resolves when all that was given so far is in the file. */
  flushed(): Promise<void>;
}

/**
 * Opens `file` (mode 0600) for recording. A recording that is there already is continued: a torn last line is cut off, a marker says where the
 * keeper started anew, and times go on from the header's start. What is no recording, or has reached the cap, is moved to `NAME.1.cast`.
 */
export function createRecording(options: RecordingOptions): Recording {
  const { now = Date.now, capBytes = RECORDING_CAP_BYTES } = options;
  let file: FileHandle | undefined;
  let bytes = 0;
  let startedAt = now();
  let gathered = '';
  let lines: Line[] = [];
  let pending = 0;
  let failed = false;
  let timer: NodeJS.Timeout | undefined;
  let chain: Promise<void> = start().catch(fail);

  return {
    get pending() {
      return pending;
    },
    output(text) {
      if (failed) return;
      gathered += text;
      pending += text.length;
      timer ??= setTimeout(flush, FLUSH_MS);
    },
    resize(cols, rows) {
      if (failed) return;
      takeGathered();
      lines.push({ at: now(), kind: 'r', data: `${cols}x${rows}` });
      timer ??= setTimeout(flush, FLUSH_MS);
    },
    flushed() {
      flush();
      return chain;
    },
    async [Symbol.asyncDispose]() {
      flush();
      await chain;
      failed = true;
      await file?.close();
      file = undefined;
    },
  };

  async function start(): Promise<void> {
    const found = await openExisting(options.file, capBytes);
    if (found === undefined) return startFile('');
    file = found.handle;
    bytes = found.bytes;
    startedAt = found.startedAt;
    const { cols, rows } = options.size();
    // A soft end of whatever the program before had switched on: leave the alternate screen, reset, clear.
    await append(event('m', 'started anew') + event('r', `${cols}x${rows}`) + event('o', '\x1b[?1049l\x1bc'));
  }

  async function startFile(first: string, note = ''): Promise<void> {
    file = await open(
      options.file,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL,
      0o600,
    );
    bytes = 0;
    const { cols, rows } = options.size();
    const header = {
      version: 2,
      width: cols,
      height: rows,
      timestamp: startedAt / 1000,
      title: options.title,
      env: { TERM: 'xterm-256color' },
      'cowork-cap-bytes': capBytes,
    };
    await append(
      `${JSON.stringify(header)}\n` +
        (note === '' ? '' : event('m', note)) +
        (first === '' ? '' : event('o', first)),
    );
  }

  /** Moves the full file aside and goes on in a new one that begins with the screen as it is. */
  async function rotate(): Promise<void> {
    await file?.close();
    file = undefined;
    const older = olderFile(options.file);
    await rename(options.file, older);
    startedAt = now();
    await startFile(options.snapshot(), `what was before is in ${basename(older)}`);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    takeGathered();
    if (lines.length === 0) return;
    const taken = lines;
    const size = pending;
    lines = [];
    chain = chain
      .then(async () => {
        if (failed) return;
        if (bytes >= capBytes) await rotate();
        await append(taken.map(({ at, kind, data }) => event(kind, data, at)).join(''));
      })
      .catch(fail)
      .finally(() => {
        pending = Math.max(0, pending - size);
      });
  }

  function takeGathered(): void {
    if (gathered === '') return;
    lines.push({ at: now(), kind: 'o', data: gathered });
    gathered = '';
  }

  function event(kind: Line['kind'], data: string, at = now()): string {
    const seconds = Math.max(0, at - startedAt) / 1000;
    return `${JSON.stringify([Number(seconds.toFixed(3)), kind, data])}\n`;
  }

  async function append(text: string): Promise<void> {
    const data = Buffer.from(text);
    await file?.appendFile(data);
    bytes += data.length;
  }

  function fail(error: unknown): void {
    if (failed) return;
    failed = true;
    lines = [];
    gathered = '';
    options.onError?.(error);
  }
}

/** Where the recording before `file` lies: `pane.cast` → `pane.1.cast`. */
export function olderFile(file: string): string {
  return file.endsWith('.cast') ? `${file.slice(0, -'.cast'.length)}.1.cast` : `${file}.1`;
}

/** Opens a recording to go on in; undefined when there is none, or when it had to be moved aside. */
async function openExisting(
  file: string,
  capBytes: number,
): Promise<{ handle: FileHandle; bytes: number; startedAt: number } | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW);
  } catch (error) {
    // The usual case: there is no recording yet. Anything else comes up again when the file is made.
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    // Only a file is moved aside: a device or directory at this place is somebody's mistake, and not ours to rename.
    if (!(await handle.stat()).isFile()) throw new Error(`${file} is no file`);
    const header = await readHeader(handle);
    const size = await cutTornLine(handle);
    if (header !== undefined && size < capBytes) {
      await handle.chmod(0o600);
      return { handle, bytes: size, startedAt: header.timestamp * 1000 };
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  await rename(file, olderFile(file));
  return undefined;
}

async function readHeader(handle: FileHandle): Promise<CastHeader | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0);
  return parseHeader(buffer.subarray(0, bytesRead).toString().split('\n', 1)[0] ?? '');
}

/** The header in `line`, or undefined when it is none. */
export function parseHeader(line: string): CastHeader | undefined {
  try {
    return CastHeader.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // not JSON, so no header: that is the answer
  }
}

/** Cuts what a killed writer left of a line, and returns the file's size in bytes. */
async function cutTornLine(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const block = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - block.length);
    await handle.read(block, 0, end - from, from);
    const newline = block.subarray(0, end - from).lastIndexOf(0x0a);
    if (newline >= 0) {
      const whole = from + newline + 1;
      if (whole < size) await handle.truncate(whole);
      return whole;
    }
    end = from;
  }
  return 0;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
