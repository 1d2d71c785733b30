/** Paths for file system calls that start at a descriptor we hold: on Linux, what openat and its family do. */
import { constants, openSync } from 'node:fs';

export type HostPath = string | Buffer;

/** Linux's O_PATH, which Node does not name: a descriptor that only says which file it is (same number on x86-64 and arm64). */
export const O_PATH = 0o10000000;

const ASCII = /^[\x00-\x7f]*$/;

/** The file that a descriptor holds: a jump to the inode itself, so nobody can swap what is on the way. */
export const held = (fd: number): string => `/proc/self/fd/${fd}`;

/** A name in a directory held by a descriptor. Use it only with calls that do not follow a link in the last component. */
export function inside(directory: number, name: string): HostPath {
  const path = `/proc/self/fd/${directory}/${name}`;
  return ASCII.test(name) ? path : Buffer.from(path, 'latin1');
}

/** Opens what `path` names, itself: a link stays a link, a FIFO or device is not touched. */
export const openAsPlace = (path: HostPath): number => openSync(path, O_PATH | constants.O_NOFOLLOW);
