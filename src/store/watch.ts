import { setTimeout as delay } from 'node:timers/promises';
import type { FSWatcher } from 'chokidar';

export interface WatchOptions {
  signal?: AbortSignal;
  /** How many folders below are watched too. */
  depth?: number;
  /** Longest time between two looks when no event comes, in milliseconds. */
  rescanMs?: number;
}

const CLOSE_MS = 1_000;

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
  signal?.addEventListener('abort', bell.ring);
  const watcher = await openWatcher(folder, depth, bell.ring);
  try {
    while (!signal?.aborted) {
      yield;
      if (signal?.aborted) return;
      await bell.wait(rescanMs);
    }
  } finally {
    signal?.removeEventListener('abort', bell.ring);
    // It has nothing to write, so nobody need wait for long: seen hanging on a busy machine.
    await Promise.race([watcher.close(), delay(CLOSE_MS, undefined, { ref: false })]);
  }
}

async function openWatcher(folder: string, depth: number, ring: () => void): Promise<FSWatcher> {
  const { watch } = await import('chokidar'); // 25 ms, and only who watches pays for it
  const watcher = watch(folder, { depth, ignoreInitial: true, atomic: false });
  // `raw` comes at once for each event of the kernel; chokidar's own `change` is held down to one in 50 ms.
  watcher.on('raw', ring).on('all', ring);
  watcher.on('error', () => {}); // a lost watch (limit of inotify handles) makes it slower; the rescan goes on
  await new Promise<void>((resolve) => {
    watcher.once('ready', () => resolve());
    watcher.once('error', () => resolve());
  });
  return watcher;
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
