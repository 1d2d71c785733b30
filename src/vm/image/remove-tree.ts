import { readFileSync } from 'node:fs';
import type { RunAsRoot } from './root-tree.ts';

/**
 * Removes the folder of a build. What a builder that was killed had mounted in it is taken off first, and no other file system is ever entered: in the
 * tree of a guest lie the processes, devices and shared memory of this machine.
 */
export async function removeTree(folder: string, run: RunAsRoot): Promise<void> {
  for (const place of mountsBelow(folder)) await run('umount', ['--lazy', place]);
  await run('rm', ['-rf', '--one-file-system', folder]);
}

/** Where something is mounted below a folder, the innermost first. */
function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_, code) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      ),
    )
    .filter((place) => place.startsWith(`${folder}/`))
    .reverse();
}
