import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FILE_MODE, syncFolder } from './folders.ts';

/**
 * Replaces a file whole: readers see the old content or the new, never a part, also after a crash.
 * Throws the error of the file system; the file is then as it was.
 */
export async function replaceFile(
  file: string,
  content: string | Uint8Array,
  { durable = true }: { durable?: boolean } = {},
): Promise<void> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(draft, 'wx', FILE_MODE);
    try {
      await handle.writeFile(content);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await unlink(draft).catch(() => {}); // what went wrong is in `error`; a draft that stays harms nobody
    throw error;
  }
  if (durable) syncFolder(dirname(file));
}
