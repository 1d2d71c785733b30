import { ENOLCK, refuse } from './errno.ts';
import type { OpenFile } from './open-file.ts';

const MOST_LOCKS = 10_000;
const END = 0xffffffffffffffffn;

/** POSIX record lock: bytes `start` to `end`, both included. */
export interface Lock {
  /** The open file it was taken through; it goes when that is closed. */
  through: OpenFile;
  /** Who holds it: locks of one owner never conflict. */
  owner: string;
  processId: number;
  clientId: string;
  exclusive: boolean;
  start: bigint;
  end: bigint;
}

/** Record locks between the clients of one server, by file. The guest's kernel settles those between its own processes. */
export class LockTable {
  readonly #files = new Map<string, Lock[]>();
  #count = 0;

  /** The lock that stands in the way, if any. */
  conflict(file: string, wanted: Lock): Lock | undefined {
    return this.#files.get(file)?.find((lock) => {
      const shares = !lock.exclusive && !wanted.exclusive;
      return lock.owner !== wanted.owner && !shares && overlaps(lock, wanted);
    });
  }

  /** Takes a lock, in place of what its owner had in that range; false when another one stands in the way. */
  take(file: string, wanted: Lock): boolean {
    if (this.conflict(file, wanted)) return false;
    if (this.#count >= MOST_LOCKS) refuse(ENOLCK);
    this.#replace(file, wanted, [wanted]);
    return true;
  }

  release(file: string, range: Lock): void {
    this.#replace(file, range, []);
  }

  releaseAll(through: OpenFile): void {
    if (this.#count === 0) return;
    for (const [file, locks] of this.#files) {
      this.#set(
        file,
        locks.filter((lock) => lock.through !== through),
      );
    }
  }

  #replace(file: string, range: Lock, added: Lock[]): void {
    const rest = (this.#files.get(file) ?? []).flatMap((lock) =>
      lock.owner === range.owner ? outside(lock, range) : [lock],
    );
    this.#set(file, [...rest, ...added]);
  }

  #set(file: string, locks: Lock[]): void {
    this.#count += locks.length - (this.#files.get(file)?.length ?? 0);
    if (locks.length === 0) this.#files.delete(file);
    else this.#files.set(file, locks);
  }
}

/** The last byte of a range given as on the wire, where length 0 means to the end of the file. */
export const lastByte = (start: bigint, length: bigint): bigint =>
  length === 0n || start + length > END ? END : start + length - 1n;

const overlaps = (one: Lock, other: Lock): boolean => one.start <= other.end && other.start <= one.end;

function outside(lock: Lock, range: Lock): Lock[] {
  if (!overlaps(lock, range)) return [lock];
  const parts: Lock[] = [];
  if (lock.start < range.start) parts.push({ ...lock, end: range.start - 1n });
  if (lock.end > range.end) parts.push({ ...lock, start: range.end + 1n });
  return parts;
}
