import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CoworkError } from '../protocol/errors.ts';
import { type CastHeader, olderFile, parseHeader } from './recording.ts';

const CastEvent = z.tuple([z.number().nonnegative(), z.string(), z.string()]);

/** An event of a recording: seconds since its start, kind (`o` output, `r` resize, `m` marker), data. */
export type CastEvent = z.infer<typeof CastEvent>;

export interface Cast {
  header: CastHeader;
  /** In the order of the file; times never go back. */
  events: CastEvent[];
  /** Lines that were no events. */
  skipped: number;
}

/**
 * Reads a pane's recording: the file, and before it what was moved to `NAME.1.cast` when that file was full.
 * Times count from the older one's start. Throws RECORDING_UNREADABLE.
 */
export async function readRecording(file: string): Promise<Cast> {
  const newer = await readCast(file);
  const older = await readCast(olderFile(file)).catch(() => undefined); // none, or none of ours: the newer one stands alone
  if (older === undefined || older.header.timestamp > newer.header.timestamp) return newer;
  const { width, height, timestamp } = newer.header;
  const gap = Math.max(timestamp - older.header.timestamp, older.events.at(-1)?.[0] ?? 0);
  const join: CastEvent[] = [
    [gap, 'o', '\x1b[?1049l\x1bc'],
    [gap, 'r', `${width}x${height}`],
  ];
  const events = newer.events.map(([at, kind, data]): CastEvent => [gap + at, kind, data]);
  return {
    header: older.header,
    events: [...older.events, ...join, ...events],
    skipped: older.skipped + newer.skipped,
  };
}

/** Reads an asciicast v2 file whole; a recording has a cap, so that is little. Throws RECORDING_UNREADABLE. */
export async function readCast(file: string): Promise<Cast> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CoworkError('RECORDING_UNREADABLE', `${file} can't be read.`, { cause });
  });
  const [first = '', ...lines] = text.split('\n');
  const header = parseHeader(first);
  if (header === undefined)
    throw new CoworkError('RECORDING_UNREADABLE', `${file} is no asciicast v2 recording.`);
  const cast: Cast = { header, events: [], skipped: 0 };
  let last = 0;
  for (const line of lines) {
    if (line === '') continue;
    const event = parseEvent(line);
    if (event === undefined) {
      cast.skipped++;
      continue;
    }
    last = Math.max(last, event[0]);
    cast.events.push([last, event[1], event[2]]);
  }
  return cast;
}

function parseEvent(line: string): CastEvent | undefined {
  try {
    return CastEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // not JSON, as the last line of a killed writer: counted as skipped
  }
}
