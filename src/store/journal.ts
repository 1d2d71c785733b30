import { closeSync, constants, fdatasync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { ensureFolder, errorCode, FILE_MODE, syncFolder } from './folders.ts';
import { keepFile, type OpenFile } from './kept-file.ts';
import { encodeRecord, RECORD_MAX_BYTES, type RecordHead } from './record.ts';

const { O_APPEND, O_CREAT, O_RDWR } = constants;

/** A journal as its writers see it. */
export interface Journal {
  readonly file: string;
  /** Appends one record; when this returns, every process sees it. Throws JOURNAL_NOT_WRITTEN, and then nobody does. */
  write(record: RecordHead): void;
  /** Resolves when all that this process wrote before is on the disk; at once when the journal is not durable. */
  settle(): Promise<void>;
  /** `write`, then `settle`. */
  append(record: RecordHead): Promise<void>;
  /** The file that it was last written to, while that is kept open; for who reads what was written. */
  present(): OpenFile | undefined;
  /** Closes it, so that the next record goes to the file that has the name then. */
  forget(): void;
}

export interface JournalOptions {
  durable?: boolean;
  /** Folders above the file that are made when they are missing, outermost first. */
  folders?: readonly string[];
  /** Whether the file stays open for a moment after each record. */
  keep?: boolean;
}

/**
 * Opens a journal for appending. The file, and `folders` of it that are missing, come with the first record.
 *
 * The file is opened anew for each record: one that stays open would go on taking records when it was removed, and the
 * sender would never know. Only who then looks for the record under the file's name may `keep` it open.
 */
export function openJournal(
  file: string,
  { durable = true, folders = [], keep = false }: JournalOptions = {},
): Journal {
  const kept = keepFile();
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const write = (record: RecordHead) => {
    const bytes = encodeRecord(record);
    if (bytes.length > RECORD_MAX_BYTES) {
      throw new CoworkError(
        'JOURNAL_NOT_WRITTEN',
        `A record of ${bytes.length} bytes is too large for ${file}.`,
      );
    }
    try {
      writeRecord(kept.get(() => openForAppend(file, folders, durable)).fd, bytes);
    } catch (error) {
      throw notWritten(file, error);
    } finally {
      if (!keep) kept.forget();
    }
  };

  // Whoever comes while a sync runs shares the next one: many records, one wait.
  const settle = (): Promise<void> => {
    if (!durable) return Promise.resolve();
    if (running === undefined) {
      running = sync(file).finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => {}) // its own waiters are told; the next sync stands for itself
      .then(() => {
        next = undefined;
        return settle();
      });
    return next;
  };

  const append = async (record: RecordHead) => {
    write(record);
    await settle();
  };
  return { file, write, settle, append, present: kept.present, forget: kept.forget };
}

/**
 * Writes a record with one write(2). A write that came out short is dead (others may have written behind it), so the
 * record is written again, whole; when that fails too, the error is the reason.
 */
function writeRecord(fd: number, bytes: Buffer): void {
  for (let attempt = 1; ; attempt++) {
    const written = writeSync(fd, bytes);
    // Only the newline behind may be missing: the object is whole then, and every reader takes it.
    if (written >= bytes.length - 1) return;
    if (attempt === 2) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
  }
}

function openForAppend(file: string, folders: readonly string[], durable: boolean): number {
  try {
    return openSync(file, O_RDWR | O_APPEND);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  for (const folder of folders) ensureFolder(folder);
  const fd = openSync(file, O_RDWR | O_APPEND | O_CREAT, FILE_MODE);
  if (durable) for (const folder of [file, ...folders]) syncFolder(dirname(folder));
  return fd;
}

function sync(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let fd: number;
    try {
      fd = openSync(file, O_RDWR | O_APPEND);
    } catch (error) {
      reject(notWritten(file, error));
      return;
    }
    fdatasync(fd, (error) => {
      closeSync(fd);
      if (error) reject(notWritten(file, error));
      else resolve();
    });
  });
}

function notWritten(file: string, cause: unknown): CoworkError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CoworkError('JOURNAL_NOT_WRITTEN', `Can't write to ${file}: ${why}.`, { cause });
}
