import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode } from './folders.ts';
import type { OpenFile } from './kept-file.ts';
import type { Malformed } from './options.ts';
import { type JsonRecord, type Parsed, parseRecord, RECORD_MAX_BYTES } from './record.ts';

const CHUNK_BYTES = 1024 * 1024;
const WITNESS_BYTES = 32;
const NEWLINE = 10;
const NOTHING: Buffer = Buffer.alloc(0);
/** What small looks read into, which end with it: a buffer for each costs more than the reading. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

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
  /** Throws JOURNAL_UNREADABLE; a file that is not there yet is empty. `kept` spares opening it, when it is still this one. */
  read(kept?: OpenFile): Tail<R>;
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
  let witness = NOTHING;

  const read = (kept?: OpenFile): Tail<R> => {
    const tail: Tail<R> = { records: [], malformed: [], isReset: false };
    try {
      const stat = kept && statSync(file, { throwIfNoEntry: false });
      if (kept && stat?.ino === kept.inode) readFrom(kept.fd, stat, tail);
      else openAndRead(tail);
    } catch (error) {
      throw unreadable(file, error);
    }
    return tail;
  };

  const openAndRead = (tail: Tail<R>) => {
    const fd = openIfThere(file);
    if (fd === undefined) {
      if (inode !== undefined) restart(tail);
      return;
    }
    try {
      readFrom(fd, fstatSync(fd), tail);
    } finally {
      closeSync(fd);
    }
  };

  const readFrom = (fd: number, { ino, size }: Stats, tail: Tail<R>) => {
    if (inode !== undefined && (ino !== inode || size < offset)) restart(tail);
    inode = ino;
    if (readOn(fd, size, tail)) return;
    restart(tail);
    inode = ino;
    readOn(fd, size, tail);
  };

  const restart = (tail: Tail<R>) => {
    offset = 0;
    inode = undefined;
    witness = NOTHING;
    tail.isReset = true;
  };

  /** Reads up to `size`; false when what was read before does not stand in front of it any more. */
  const readOn = (fd: number, size: number, tail: Tail<R>): boolean => {
    let rest = NOTHING;
    let front = witness;
    for (;;) {
      const from = offset + rest.length - front.length;
      const wanted = Math.min(CHUNK_BYTES, size - from);
      const chunk = wanted <= scratch.length ? scratch : Buffer.allocUnsafe(wanted);
      const got = readSync(fd, chunk, 0, wanted, from);
      if (front.length > 0 && front.compare(chunk, 0, Math.min(got, front.length)) !== 0) return false;
      const fresh = chunk.subarray(front.length, got);
      front = NOTHING;
      const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      const isEnd = got < wanted || from + got >= size;
      const used = takeLines(bytes, isEnd, tail);
      if (used > 0) {
        witness = Buffer.from(bytes.subarray(Math.max(0, used - WITNESS_BYTES), used));
        offset += used;
      }
      if (isEnd) return true;
      rest = bytes.subarray(used);
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
  if (cause instanceof CoworkError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CoworkError('JOURNAL_UNREADABLE', `Can't read ${file}: ${why}.`, { cause });
}
