import type { Base, LogOptions, LogTail, Parse, RecordLog } from './backend.ts';
import { errorCode } from './folders.ts';
import { loadIds } from './ids.ts';
import { type Journal, openJournal } from './journal.ts';
import { type JournalReader, openJournalReader } from './journal-reader.ts';
import type { OpenFile } from './kept-file.ts';
import type { Parsed, RecordHead } from './record.ts';
import { replaceFile } from './replace-file.ts';
import {
  baseFile,
  basesOf,
  isSealed,
  readBase,
  SEGMENT_BYTES,
  SEGMENTS_VERSION,
  type SealedRecord,
  segmentFile,
} from './segments.ts';

export interface FileLogOptions extends LogOptions {
  durable?: boolean;
  folders?: readonly string[];
  segmentBytes?: number;
}

/**
 * Opens a log that is kept in files: journals that follow each other, each but the last ended by a `sealed` record.
 *
 * A writer appends to the segment that it believes to be the last and looks: when `sealed` stands in front of its record,
 * the record does not count for anybody, and it writes it again to the next. So sealing needs no lock, nobody waits for it,
 * and of two `sealed` the first counts. Between a write and its look there is no await: nobody else in this process can
 * take the record out of the look.
 */
export function openFileLog<R extends RecordHead>(
  file: string,
  parse: Parse<R>,
  { from = 'newest', durable = true, folders = [], segmentBytes = SEGMENT_BYTES }: FileLogOptions = {},
): RecordLog<R> {
  const journals = new Map<number, Journal>();
  const parseAny = (record: Parameters<Parse<R>>[0]): Parsed<R | SealedRecord> =>
    isSealed(record) ? { record } : parse(record);
  let segment = 0; // 0: not begun
  let reader: JournalReader<R | SealedRecord>;
  let pending: LogTail<R> | undefined;
  const unsynced = new Set<number>();
  /** Segments whose predecessor is known to be on the disk to its end. */
  const crossed = new Set<number>();

  const begin = (): LogTail<R> => {
    const base = from === 'newest' ? newestBase() : from === 'start' ? undefined : from;
    open(base?.part ?? 1);
    return { records: [], malformed: [], isReset: false, base, parts: [] };
  };

  const newestBase = (): Base | undefined => {
    for (const part of basesOf(file).reverse()) {
      const base = readBase(file, part);
      if (base !== undefined) return base;
    }
    return undefined;
  };

  const open = (to: number) => {
    segment = to;
    reader = openJournalReader(segmentFile(file, to), parseAny);
  };

  const look = (kept?: OpenFile): LogTail<R> => {
    let tail = pending ?? (segment === 0 ? begin() : emptyTail<R>());
    pending = undefined;
    for (;;) {
      const found = reader.read(kept);
      if (found.isReset) {
        // The file is another one than it was: everything read so far may be, too.
        if (segment > 1 || tail.base !== undefined) {
          tail = { ...begin(), isReset: true };
          continue;
        }
        tail = { ...emptyTail<R>(), isReset: true };
      }
      tail.malformed.push(...found.malformed);
      const end = found.records.findIndex(isSealed);
      const counting = end === -1 ? found.records : found.records.slice(0, end);
      for (const record of counting) tail.records.push(record as R); // `sealed` was cut off
      if (end === -1) return tail;
      open(segment + 1);
      tail.parts.push({ part: segment, at: tail.records.length });
    }
  };

  const journalOf = (of: number): Journal => {
    let journal = journals.get(of);
    if (journal === undefined) {
      journal = openJournal(segmentFile(file, of), { durable, folders, keep: true });
      journals.set(of, journal);
    }
    return journal;
  };

  const write = (record: R): LogTail<R> => {
    if (segment === 0) pending = look();
    let lost = 0;
    for (;;) {
      const at = segment;
      const journal = journalOf(at);
      journal.write(record);
      unsynced.add(at);
      const tail = look(journal.present());
      if (tail.records.findLast(({ id }) => id === record.id) !== undefined) return tail;
      pending = tail;
      if (segment === at && ++lost > 1)
        throw new Error(`the record is not in ${segmentFile(file, at)}, which was written to`);
      // Sealed, or the name stands for another file now than the one that was open.
      journal.forget();
    }
  };

  const claim = async (record: R): Promise<LogTail<R>> => {
    const tail = write(record);
    if ((reader.place()?.offset ?? 0) > segmentBytes) await seal();
    return tail;
  };

  const seal = async () => {
    const id = (await loadIds())();
    const at = segment;
    const sealed: SealedRecord = {
      ...{ v: SEGMENTS_VERSION, id, type: 'sealed', by: 'team', incarnation: 0 },
      at: new Date().toISOString(),
    };
    try {
      journalOf(at).write(sealed);
      unsynced.add(at);
    } catch {
      // The record is written; that its segment grows longer harms nobody, and the next writer seals it.
    }
  };

  const sync = async () => {
    const written = [...unsynced];
    unsynced.clear();
    await Promise.all(written.map(settleSegment));
  };

  const settleSegment = async (of: number) => {
    // What is in a segment counts only while the end of the one before is there: that goes to the disk, too, once.
    if (of > 1 && !crossed.has(of)) {
      await journalOf(of - 1)
        .settle()
        .catch(ignoreMissing);
      crossed.add(of);
    }
    await journalOf(of).settle();
  };

  const append = async (record: R) => {
    pending = await claim(record);
    await sync();
  };

  const saveBase = async ({ part, revision, state }: Base): Promise<boolean> => {
    if (basesOf(file).includes(part)) return false;
    const text = `${JSON.stringify({ v: 1, part, revision, state })}\n`;
    await replaceFile(baseFile(file, part), text, { durable });
    return true;
  };

  return {
    claim,
    append,
    sync,
    saveBase,
    read: async () => look(journals.get(segment)?.present()),
    bases: async () => basesOf(file).flatMap((part) => readBase(file, part) ?? []),
  };
}

function emptyTail<R>(): LogTail<R> {
  return { records: [], malformed: [], isReset: false, base: undefined, parts: [] };
}

/** A segment behind a base may have been deleted by hand; what it came to is in the base. */
function ignoreMissing(error: unknown): void {
  if (errorCode((error as Error).cause) !== 'ENOENT') throw error;
}
