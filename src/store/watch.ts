import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

export interface WatchOptions {
  signal?: AbortSignal;
  /** How many folders below are watched too. */
  depth?: number;
  /** Longest time between two looks when no event comes, in milliseconds. */
  rescanMs?: number;
}

/**
 * Yields once at the start, and then whenever something in `folder` may have changed; ends when the signal aborts.
 *
 * It is a hint and nothing more: changes that come together are one, and after `rescanMs` it yields in any case, since
 * events get lost (network file systems, full queues, a folder that is not there yet). The reader looks for itself.
 */
export async function* watchFolder(
  folder: string,
  { signal, depth = 0, rescanMs = 1000 }: WatchOptions = {},
): AsyncGenerator<void, void> {
  const bell = createBell();
  const watches = new Map<string, Watched>();
  signal?.addEventListener('abort', bell.ring);
  try {
    while (!signal?.aborted) {
      // In front of the look of our reader: what comes after it rings.
      watchTree(folder, depth, watches, bell.ring);
      yield;
      if (signal?.aborted) return;
      await bell.wait(rescanMs);
    }
  } finally {
    signal?.removeEventListener('abort', bell.ring);
    for (const { watcher } of watches.values()) watcher.close();
  }
}

interface Watched {
  watcher: FSWatcher;
  inode: number;
}

/** Watches a folder and those below it that are not watched yet, or are others than they were; forgets what is gone. */
function watchTree(folder: string, depth: number, watches: Map<string, Watched>, ring: () => void): void {
  const inode = inodeOf(folder);
  const known = watches.get(folder);
  if (known !== undefined && known.inode !== inode) {
    known.watcher.close();
    watches.delete(folder);
  }
  if (inode === undefined) return;
  if (!watches.has(folder)) {
    try {
      const watcher = watch(folder, { persistent: false }, ring);
      watcher.on('error', () => {}); // as without a watch
      watches.set(folder, { watcher, inode });
    } catch {
      // It went in between, or there are no more watches to be had: then the rescan is what there is.
    }
  }
  if (depth === 0) return;
  for (const below of foldersIn(folder)) watchTree(below, depth - 1, watches, ring);
}

function inodeOf(folder: string): number | undefined {
  try {
    return statSync(folder).ino;
  } catch {
    return undefined; // not there (yet), or not to be looked at: its reader is told
  }
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
  } catch {
    return []; // it has just gone
  }
}

/** A bell that remembers one ring for who comes to wait later. */
export function createBell(): { ring: () => void; wait: (ms: number) => Promise<void> } {
  let hasRung = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    hasRung = true;
    wake?.();
  };
  const wait = async (ms: number) => {
    if (!hasRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    wake = undefined;
    hasRung = false;
  };
  return { ring, wait };
}
