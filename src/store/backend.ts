import type { Tail } from './journal-reader.ts';
import type { LockOptions } from './lock.ts';
import type { JsonRecord, Parsed, RecordHead } from './record.ts';
import type { WatchOptions } from './watch.ts';

/**
 * What mailbox and task list need of a store: the five verbs append, read, settle, claim and watch. Everything else they do
 * follows from one thing that every store must give: all readers of a log see its records in the same order.
 *
 * Names are paths relative to the team, such as `mailbox/bob/inbox.jsonl`. `test/store/conformance.ts` is what an
 * implementation must pass.
 */
export interface Backend {
  /** Opens a log; every handle reads for itself. Writes nothing and reaches for nothing before it is used. */
  log<R extends RecordHead>(name: string, parse: Parse<R>, options?: LogOptions): RecordLog<R>;
  /** A small value that its one owner replaces whole: the marks of an inbox, a large body. */
  cell(name: string): Cell;
  /** Names of the agents that have an inbox, sorted. */
  inboxes(): Promise<string[]>;
  /** Yields at the start, and whenever something under `prefix` may have changed; a hint, every reader looks again. */
  watch(prefix: string, options: WatchOptions): AsyncGenerator<void, void>;
  /**
   * Does `work` while nobody else who asks this way does the same for `name`. Manners, not safety: what must never happen is
   * prevented by the order of the log. Throws LOCK_TIMEOUT.
   */
  orderly<T>(name: string, work: (isHeld: () => boolean) => Promise<T>, options?: LockOptions): Promise<T>;
  /** Lets go of connections; nothing may be asked of it afterwards. */
  close(): Promise<void>;
}

export type Parse<R> = (record: JsonRecord) => Parsed<R>;

/** One stream of records in one order for all. */
export interface RecordLog<R extends RecordHead> {
  /**
   * Adds a record and returns what was new up to and with it: who is first is seen from the order. It is visible to all when
   * this resolves, and on the disk after `sync`. Throws JOURNAL_NOT_WRITTEN, and then nobody sees it, or STORE_UNREACHABLE,
   * and then nobody knows: repeat it under the same key.
   */
  claim(record: R): Promise<LogTail<R>>;
  /** What this handle has not handed over yet. Changes nothing. Throws JOURNAL_UNREADABLE, STORE_UNREACHABLE. */
  read(): Promise<LogTail<R>>;
  /** Resolves when all that this handle wrote survives a loss of power. */
  sync(): Promise<void>;
  /** `claim` and `sync`; what it read meanwhile comes with the next `read`. */
  append(record: R): Promise<void>;
  /** Bases that were saved, the oldest first. */
  bases(): Promise<Base[]>;
  /** Keeps what the records in front of a part come to, so that readers may begin there; false when it is there already. */
  saveBase(base: Base): Promise<boolean>;
}

/** What all records in front of a part come to; a function of these records and nothing else, so any two are the same. */
export interface Base {
  /** The part that it stands in front of, from 2. */
  part: number;
  /** How many records were folded. */
  revision: number;
  state: unknown;
}

export interface LogTail<R> extends Tail<R> {
  /** The state to begin from, when reading begins (again) at a base: `records` then follow it. */
  base: Base | undefined;
  /** Parts that begin in this tail, with the index of their first record. */
  parts: { part: number; at: number }[];
}

export interface LogOptions {
  /** Where the first look begins: `newest` base (the default), `start` of everything that is left, or a base of yours. */
  from?: 'newest' | 'start' | Base;
}

export interface Cell {
  read(): Promise<string | undefined>;
  /** Replaces it whole; on the disk when this resolves. */
  settle(value: string): Promise<void>;
}
