import { randomBytes } from 'node:crypto';
import { renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { errorCode } from './folders.ts';
import { lockFolder, lockOwnerFile, readLockOwner } from './lock.ts';
import { isAlive } from './process-identity.ts';

/** Frees the lock of a process that died with it. */
export interface LockReaper {
  /** Looks once; true when a dead lock was freed. To be called every second or so. */
  reapDeadLock(): boolean;
}

/**
 * Makes the reaper of the lock on `file`. Only the team's one supervisor may have one: to look and then take away is two
 * steps, and two reapers could take away the lock that a living process got in between.
 *
 * A lock without an owner's name belongs to one who is between two steps, or died there: it is freed after `unnamedMs`
 * milliseconds of watching the very same lock.
 */
export function createLockReaper(
  file: string,
  { unnamedMs = 5000 }: { unnamedMs?: number } = {},
): LockReaper {
  let unnamed: { birth: string; since: number } | undefined;

  const reapDeadLock = (): boolean => {
    const birth = birthOf(lockFolder(file));
    if (birth === undefined) {
      unnamed = undefined;
      return false;
    }
    const owner = readLockOwner(file);
    if (owner !== undefined) {
      unnamed = undefined;
      return isAlive(owner) ? false : takeAway(file);
    }
    if (unnamed?.birth !== birth) unnamed = { birth, since: performance.now() };
    if (performance.now() - unnamed.since < unnamedMs) return false;
    unnamed = undefined;
    return takeAway(file);
  };
  return { reapDeadLock };
}

/** Removes the name, moves the lock aside, deletes it there: the next owner's name and lock are never touched. */
function takeAway(file: string): boolean {
  const aside = `${lockFolder(file)}.dead-${randomBytes(4).toString('hex')}`;
  rmSync(lockOwnerFile(file), { force: true });
  try {
    renameSync(lockFolder(file), aside);
    rmdirSync(aside);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false; // given back meanwhile
    throw error;
  }
}

/** Tells one lock from the next at the same path. */
function birthOf(folder: string): string | undefined {
  try {
    const { ino, birthtimeNs } = statSync(folder, { bigint: true });
    return `${ino}-${birthtimeNs}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
