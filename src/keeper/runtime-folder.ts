import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a folder of its own with a short path: the kernel takes at most 108 bytes for a socket's. It is noted first, so that whoever is killed in between leaves no
 * folder that nobody knows of.
 */
export async function makeRuntimeFolder(note: (path: string) => Promise<void>): Promise<string> {
  const path = join(tmpdir(), `cowork-${randomBytes(8).toString('hex')}`);
  await note(path);
  await mkdir(path, { mode: 0o700 });
  return path;
}
