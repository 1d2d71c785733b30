import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until no other process builds this image, then marks it as ours. The mark only saves work: an image is made in a folder of its
 * own and renamed into place, so two builders at once would be right as well. A mark whose process is gone is void.
 * `onWait` is told once when somebody else is at it. Ends early with undefined when `isDone` says that somebody else has built the image meanwhile.
 */
export async function takeBuildLock(
  directory: string,
  key: string,
  isDone: () => boolean,
  signal: AbortSignal | undefined,
  onWait: () => void = () => undefined,
): Promise<Disposable | undefined> {
  const path = join(directory, `.${key}.lock`);
  let isWaiting = false;
  for (;;) {
    if (isDone()) return undefined;
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
      return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    if (!isAlive(Number(contents(path)))) rmSync(path, { force: true });
    else {
      if (!isWaiting) onWait();
      isWaiting = true;
      await delay(300, undefined, { signal });
    }
  }
}

/** Names the folders of builds whose process is gone: `.building-PID-…`. */
export function abandonedBuilds(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('.building-') && !isAlive(Number(name.split('-')[1])))
    .map((name) => join(directory, name));
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // freed at this moment: the next try takes it
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
