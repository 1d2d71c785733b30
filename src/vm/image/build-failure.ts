import { statfs } from 'node:fs/promises';
import { CoworkError } from '../../protocol/errors.ts';

/** Throws DISK_FULL when the disk under `directory` has less room than a build takes at its height: the tree, its file system, the kernel package; bytes. */
export async function assertRoom(directory: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free < needed) {
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    throw new CoworkError(
      'DISK_FULL',
      `${directory} has ${megabytes(free)} free; building the guest image takes ${megabytes(needed)}.`,
    );
  }
}

/** Turns whatever ended a build into DISK_FULL or IMAGE_BUILD_FAILED; an abort stays what it is. */
export function buildFailure(step: string, thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (thrown instanceof CoworkError || signal?.aborted) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  if (/ENOSPC|No space left on device|ENOSPACE/i.test(why)) {
    return new CoworkError('DISK_FULL', `The disk ran full while building the guest image (${step}).`, {
      cause: thrown,
    });
  }
  return new CoworkError('IMAGE_BUILD_FAILED', `Building the guest image failed (${step}): ${why}`, {
    cause: thrown,
  });
}

/** The lines of a failed program's output that say why; the last ones when none stands out. */
export function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /no space left/i.test(line));
  const errors = lines.filter((line) => /^(E|dpkg|mkfs|<E>|Error|fatal)\b.*:/i.test(line));
  return [...telling.slice(-1), ...(errors.length > 0 ? errors : lines).slice(-3)].join(' · ').slice(0, 600);
}
