import { spawn, spawnSync } from 'node:child_process';
import { constants, copyFileSync, fstatSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { EIO } from './errno.ts';
import { held } from './host.ts';

/** Holes that are worth a program of their own, bytes in all. */
const HOLES = 1 << 20;
/** Linux's number of "no space left on device". */
const ENOSPC = 28;

/**
 * Copies the file that `fd` holds to `to`, a path in a folder of ours or below a held one: as a clone where the file system can, and its holes as holes. An agent can make a file as
 * long as the file system allows for nothing, and Node's own copy would write every byte of it. Throws errors with the kernel's number.
 */
export async function copyHeld(fd: number, to: string, flags = 0): Promise<void> {
  if (!isSparse(fd)) return copyFile(held(fd), to, flags | constants.COPYFILE_FICLONE);
  const child = spawn('cp', cpArguments(fd, to), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-1_000);
  });
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  if (code !== 0) throw failure(said);
}

/** The same, while everything else waits. */
export function copyHeldSync(fd: number, to: string, flags = 0): void {
  if (!isSparse(fd)) {
    copyFileSync(held(fd), to, flags | constants.COPYFILE_FICLONE);
    return;
  }
  const { status, stderr, error } = spawnSync('cp', cpArguments(fd, to), { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw failure(stderr);
}

function isSparse(fd: number): boolean {
  const { size, blocks } = fstatSync(fd);
  return blocks * 512 + HOLES < size;
}

function cpArguments(fd: number, to: string): string[] {
  // What is ours by a descriptor is so for another program by our number.
  const outside = (path: string) => path.replace('/proc/self/', `/proc/${process.pid}/`);
  return ['--reflink=auto', '--sparse=auto', '--', outside(held(fd)), outside(to)];
}

function failure(said: string): Error {
  const errno = /No space left/.test(said) ? ENOSPC : EIO;
  return Object.assign(new Error(`cp: ${said.trim()}`), { errno });
}
