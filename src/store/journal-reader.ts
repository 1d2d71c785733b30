import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode } from './folders.ts';
import type { Malformed } from './options.ts';
import { type JsonRecord, type Parsed, parseRecord, RECORD_MAX_BYTES } from './record.ts';

const CHUNK_BYTES = 1024 * 1024;
const WITNESS_BYTES = 32;
const NEWLINE = 10;

/** What one look at a journal found. */
export interface Tail<R> {
  /** Complete records that were not handed over before, in the order of the file. */
  records: R[];
  /** What lies between them and does not count, with its bytes. */
  malformed: (Malformed & { bytes: Buffer })[];
  /** Whether the file is another one than at the last look, or was cut: `records` then begins from its start. */
  isReset: boolean;
}

/** Where a reader stands: in which file, and how many bytes of it are settled. */
export interface Place {
  inode: number;
  offset: number;
}

/** Reads a journal again and again; each look costs what is new and not what is there. */
export interface JournalReader<R> {
  readonly file: string;
  /** Throws JOURNAL_UNREADABLE; a file that is not there yet is empty. */
  read(): Tail<R>;
  /** Undefined while there is no file. */
  place(): Place | undefined;
}

/** Opens a journal for reading. Takes no lock, changes nothing; `parse` checks the body of a record, `from` leaves out what is in front. */
export function openJournalReader<R>(
  file: string,
  parse: (record: JsonRecord) => Parsed<R>,
  from?: Place,
): JournalReader<R> {
  let offset = from?.offset ?? 0;
  let inode = from?.inode;
  /** The last bytes that were read: what still stands in front of `offset` when the file is the one it was. */
  let witness: Buffer = Buffer.alloc(0);

  const read = (): Tail<R> => {
    const tail: Tail<R> = { records: [], malformed: [], isReset: false };
    const fd = openIfThere(file);
    if (fd === undefined) {
      if (inode !== undefined) restart(tail);
      return tail;
    }
    try {
      const stat = fstatSync(fd);
      const isOther = inode !== undefined && (stat.ino !== inode || stat.size < offset || !isStillThere(fd));
      if (isOther) restart(tail);
      inode = stat.ino;
      if (stat.size > offset) readOn(fd, stat.size, tail);
    } catch (error) {
      throw unreadable(file, error);
    } finally {
      closeSync(fd);
    }
    return tail;
  };

  const restart = (tail: Tail<R>) => {
    offset = 0;
    inode = undefined;
    witness = Buffer.alloc(0);
    tail.isReset = true;
  };

  const isStillThere = (fd: number): boolean => {
    const there = Buffer.alloc(witness.length);
    const got = readSync(fd, there, 0, there.length, offset - there.length);
    return got === there.length && there.equals(witness);
  };

  const readOn = (fd: number, size: number, tail: Tail<R>) => {
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const from = offset + rest.length;
      // As much as is there: a buffer of a whole chunk for each look costs 0.1 ms, and collecting them far more.
      const wanted = Math.min(CHUNK_BYTES, size - from);
      const chunk = Buffer.allocUnsafe(wanted);
      const got = readSync(fd, chunk, 0, wanted, from);
      const bytes =
        rest.length === 0 ? chunk.subarray(0, got) : Buffer.concat([rest, chunk.subarray(0, got)]);
      const isEnd = got < wanted || from + got >= size;
      const used = takeLines(bytes, isEnd, tail);
      if (used > 0) {
        witness = Buffer.from(bytes.subarray(Math.max(0, used - WITNESS_BYTES), used));
        offset += used;
      }
      rest = bytes.subarray(used);
      if (isEnd) return;
    }
  };

  /** Hands over each complete line; returns how many bytes are settled. */
  const takeLines = (bytes: Buffer, isEnd: boolean, tail: Tail<R>): number => {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end === -1) break;
      if (end > start) takeLine(bytes.subarray(start, end), offset + start, tail);
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    // No proper beginning of an object is an object: what parses without its newline was written whole.
    if (isEnd && rest.length > 0 && rest.length <= RECORD_MAX_BYTES && rest.at(-1) === 0x7d /* } */) {
      const parsed = parseRecord(rest.toString('utf8'));
      if ('record' in parsed) {
        takeLine(rest, offset + start, tail);
        return bytes.length;
      }
    }
    return start;
  };

  const takeLine = (line: Buffer, at: number, tail: Tail<R>) => {
    const head: Parsed<JsonRecord> =
      line.length > RECORD_MAX_BYTES
        ? { malformed: `${line.length} bytes long` }
        : parseRecord(line.toString('utf8'));
    const parsed = 'record' in head ? parse(head.record) : head;
    if ('record' in parsed) tail.records.push(parsed.record);
    else tail.malformed.push({ file, offset: at, reason: parsed.malformed, bytes: Buffer.from(line) });
  };

  const place = () => (inode === undefined ? undefined : { inode, offset });
  return { file, read, place };
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): CoworkError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CoworkError('JOURNAL_UNREADABLE', `Can't read ${file}: ${why}.`, { cause });
}
