import { closeSync, fstatSync, readlinkSync } from 'node:fs';
import { ENOENT, ESTALE, errnoOf, refuse } from '../errno.ts';
import { held, inside, openAsPlace } from '../host.ts';
import type { Spot } from '../policy.ts';
import { type State, stateOf } from './state.ts';

/**
 * Where something is below the grant's root, as bytes, by what the kernel says of its descriptor: names that were seen on
 * the way may be out of date. Undefined for a file without a name; refused with ESTALE for what was moved out of the grant.
 */
export function pathBelow(root: number, spot: Spot): string | undefined {
  const fd = 'fd' in spot ? spot.fd : spot.directory;
  const base = readlinkSync(held(root), 'latin1');
  const path = readlinkSync(held(fd), 'latin1');
  const name = 'name' in spot ? spot.name : undefined;
  if (path === base) return name ?? '';
  const prefix = base === '/' ? base : `${base}/`;
  if (path.endsWith(' (deleted)') && isNameless(fd)) {
    if (name !== undefined) refuse(ENOENT);
    return undefined;
  }
  if (!path.startsWith(prefix)) return refuse(ESTALE);
  const below = path.slice(prefix.length);
  return name === undefined ? below : `${below}/${name}`;
}

function isNameless(fd: number): boolean {
  const stats = fstatSync(fd);
  // A folder that was removed keeps its own name for itself on some file systems.
  return stats.nlink === 0 || (stats.isDirectory() && stats.nlink < 2);
}

/** Works on what stands at a spot, held by a descriptor (O_PATH), itself and never what a link points at; undefined when nothing does. */
export async function holding<R>(spot: Spot, use: (fd: number) => Promise<R> | R): Promise<R | undefined> {
  if ('fd' in spot) return use(spot.fd);
  const fd = openIfThere(spot.directory, spot.name);
  if (fd === undefined) return undefined;
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

/** What stands at a spot now; undefined when nothing does. */
export function stateAt(spot: Spot): State | undefined {
  if ('fd' in spot) return stateOf(spot.fd);
  const fd = openIfThere(spot.directory, spot.name);
  if (fd === undefined) return undefined;
  try {
    return stateOf(fd, inside(spot.directory, spot.name));
  } finally {
    closeSync(fd);
  }
}

function openIfThere(directory: number, name: string): number | undefined {
  try {
    return openAsPlace(inside(directory, name));
  } catch (error) {
    if (errnoOf(error) === ENOENT) return undefined;
    throw error;
  }
}
