/** Paths for file system calls that start at a descriptor we hold: on Linux, what openat and its family do. */
import { constants, openSync, readFileSync } from 'node:fs';
import { EINVAL, ENAMETOOLONG, refuse } from './errno.ts';

export type HostPath = string | Buffer;

/** Linux's O_PATH, which Node does not name: a descriptor that only says which file it is (same number on x86-64 and arm64). */
export const O_PATH = 0o10000000;

const LONGEST_NAME = 255;
const ASCII = /^[\x00-\x7f]*$/;

/** The file that a descriptor holds: a jump to the inode itself, so nobody can swap what is on the way. */
export const held = (fd: number): string => `/proc/self/fd/${fd}`;

/** A name in a directory held by a descriptor. Use it only with calls that do not follow a link in the last component. */
export function inside(directory: number, name: string): HostPath {
  const path = `/proc/self/fd/${directory}/${name}`;
  return ASCII.test(name) ? path : Buffer.from(path, 'latin1');
}

/** Refuses what is no plain name of one file in its directory. */
export function checkName(name: string): string {
  if (name.length > LONGEST_NAME) refuse(ENAMETOOLONG);
  return isPlainName(name) ? name : refuse(EINVAL);
}

/** Whether a name, given as bytes, names one file in its directory. */
export function isPlainName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.length > LONGEST_NAME) return false;
  return !name.includes('/') && !name.includes('\0');
}

/** Names are kept as bytes, one character each; this is the reading for people. */
export const readable = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/** Opens what `path` names, itself: a link stays a link, a FIFO or device is not touched. */
export const openAsPlace = (path: HostPath): number => openSync(path, O_PATH | constants.O_NOFOLLOW);

/** How many descriptors this process may have open, as the kernel says. */
export function descriptorLimit(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined ? 1024 : Number(limit);
}
