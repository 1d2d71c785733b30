import { randomBytes } from 'node:crypto';
import { mkdir, readFileSync, rmdir, rmdirSync, rmSync, stat, utimes, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode, FILE_MODE } from './folders.ts';
import { isProcessIdentity, ownIdentity, type ProcessIdentity } from './process-identity.ts';

export interface LockOptions {
  /** How long to wait for it, in milliseconds. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A lock that this process has, as far as it knows. */
export interface HeldLock {
  /** Whether it still has it. */
  isHeld(): boolean;
  /** Throws LOCK_LOST when the lock was taken away; to be called before every write. */
  assertHeld(): void;
}

/** Who took a lock, as its file says. */
export interface LockOwner extends ProcessIdentity {
  token: string;
}

/**
 * Does `work` while this process has the lock on `file`. Throws LOCK_TIMEOUT.
 *
 * The lock is proper-lockfile's folder `FILE.lock`, set so that nobody who waits ever takes it away: a lock is never
 * stale by its age, and only the supervisor frees the lock of a dead process (`reapDeadLock`). Who has it stands in
 * `FILE.lock-owner`. It keeps the crowd orderly; what must never happen is prevented by the order of the journal.
 */
export async function withLock<T>(
  file: string,
  work: (lock: HeldLock) => Promise<T>,
  { timeoutMs = 10_000, signal }: LockOptions = {},
): Promise<T> {
  const token = randomBytes(8).toString('hex');
  let isCompromised = false;
  let isNamed = false;
  const isHeld = () => !isCompromised && (!isNamed || readLockOwner(file)?.token === token);
  const release = await acquire(file, {
    timeoutMs,
    signal,
    isHeld,
    onCompromised: () => (isCompromised = true),
  });
  try {
    const owner: LockOwner = { ...ownIdentity(), token };
    writeFileSync(lockOwnerFile(file), JSON.stringify(owner), { mode: FILE_MODE });
    isNamed = true;
    return await work({
      isHeld,
      assertHeld: () => {
        if (!isHeld()) throw lockLost(file);
      },
    });
  } finally {
    await release();
  }
}

/** Reads who has the lock; undefined when nobody says so (free, or between two steps of taking it). */
export function readLockOwner(file: string): LockOwner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(lockOwnerFile(file), 'utf8'));
    return isProcessIdentity(value) && 'token' in value && typeof value.token === 'string'
      ? { ...value, token: value.token }
      : undefined;
  } catch {
    return undefined; // not there, or half written by one who died: nobody is named
  }
}

export const lockFolder = (file: string): string => `${file}.lock`;
export const lockOwnerFile = (file: string): string => `${file}.lock-owner`;

/** Tries again every 3 to 12 ms: proper-lockfile has no queue, and its growing pauses starve who has waited longest. */
async function acquire(
  file: string,
  {
    timeoutMs,
    signal,
    ...hold
  }: { timeoutMs: number; signal: AbortSignal | undefined; isHeld: () => boolean; onCompromised: () => void },
): Promise<() => Promise<void>> {
  const { lock } = (await import('proper-lockfile')).default; // 31 ms, paid by who locks
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await lock(file, {
        stale: 1e13,
        update: 5000,
        realpath: false,
        retries: 0,
        onCompromised: hold.onCompromised,
        fs: guardedFs(file, hold.isHeld),
      });
    } catch (error) {
      if (errorCode(error) !== 'ELOCKED' && !wasTakenMeanwhile(error)) {
        const why = error instanceof Error ? error.message : String(error);
        throw new CoworkError('JOURNAL_NOT_WRITTEN', `Can't lock ${file}: ${why}.`, { cause: error });
      }
    }
    if (performance.now() > deadline) throw lockTimeout(file, timeoutMs);
    await delay(3 + Math.random() * 9, undefined, signal ? { signal } : {});
  }
}

/** Its folder was made and is gone before it was ours: the reaper, or one who died and was not quite dead. Try again. */
function wasTakenMeanwhile(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' && (error as NodeJS.ErrnoException).syscall !== 'mkdir';
}

/**
 * The file system for proper-lockfile, which frees a lock by removing the folder, whoever has it by then (also when the
 * process exits). Here only who still has the lock removes it: first the owner's name, then the folder, so that the
 * name never names one who has it no more.
 */
function guardedFs(file: string, isHeld: () => boolean): object {
  const disown = (): boolean => {
    if (!isHeld()) return false;
    rmSync(lockOwnerFile(file), { force: true, recursive: true });
    return true;
  };
  return {
    mkdir,
    stat,
    utimes,
    rmdir: (folder: string, done: (error: Error | null) => void) =>
      disown() ? rmdir(folder, done) : done(null),
    rmdirSync: (folder: string) => {
      if (disown()) rmdirSync(folder);
    },
  };
}

function lockLost(file: string): CoworkError {
  return new CoworkError('LOCK_LOST', `The lock on ${basename(file)} was taken away from this process.`);
}

function lockTimeout(file: string, timeoutMs: number): CoworkError {
  const owner = readLockOwner(file);
  const who = owner ? `process ${owner.pid} has it` : 'nobody is named as its owner';
  return new CoworkError('LOCK_TIMEOUT', `Waited ${timeoutMs} ms for the lock on ${file}: ${who}.`);
}
