import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder that is removed when the running test ends; a concurrent test hands in its own `onTestFinished`. */
export async function temporaryFolder(
  atEnd: (work: () => Promise<void>) => void = onTestFinished,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cowork-test-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
