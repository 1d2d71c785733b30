import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/temporary.ts';

/** Whether this process may mount: without it the tests of full disks can't run. */
export const canMount = process.getuid?.() === 0;

/** Mounts a disk of a few kilobytes; unmounted when the test ends. */
export async function smallDisk(kilobytes = 256): Promise<string> {
  const folder = await temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0700`, 'cowork-test', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Fills a disk to the last byte with one file, and gives its path. */
export function fillDisk(folder: string): string {
  const file = join(folder, 'ballast');
  const fd = openSync(file, 'w');
  for (let size = 65_536; size >= 1; ) {
    try {
      if (writeSync(fd, Buffer.alloc(size)) === 0) size = Math.floor(size / 2);
    } catch {
      size = Math.floor(size / 2); // ENOSPC: try a smaller piece, down to one byte
    }
  }
  closeSync(fd);
  return file;
}
