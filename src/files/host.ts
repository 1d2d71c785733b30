/** Names of files as a guest gives them. */
import { readFileSync } from 'node:fs';
import { EINVAL, ENAMETOOLONG, refuse } from './errno.ts';

export { type HostPath, held, inside, O_PATH, openAsPlace } from '../store/held.ts';

const LONGEST_NAME = 255;

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

/** How many descriptors this process may have open, as the kernel says. */
export function descriptorLimit(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined ? 1024 : Number(limit);
}
