import { chmodSync, fstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../store/folders.ts';
import { findBelow } from '../changes/below.ts';
import { namesOf } from '../changes/history.ts';
import { stand } from '../changes/putting-back.ts';
import { stateOf } from '../changes/state.ts';
import { type HostPath, held, inside, readable } from '../host.ts';
import { type Marker, markerAt } from './markers.ts';
import type { StagedVersion } from './open-staged.ts';
import type { StagedChange } from './staged.ts';

interface DiscardOptions {
  checkpoints: string;
  /** The granted folder, held by a descriptor. */
  root: number;
  ids: () => string;
  /** Only what is at or below this path; bytes. */
  path?: string | undefined;
}

/** Why a path can't be taken back by itself; undefined when it can. */
export function whyNotDiscarded(version: StagedVersion, path = ''): string | undefined {
  const names = namesOf(path);
  for (let depth = 1; depth < names.length; depth++) {
    const above: Marker | undefined = markerAt(version.markers(), names.slice(0, depth));
    if (above?.isGone)
      return `${version.agent} has removed or replaced ${readable(names.slice(0, depth).join('/'))}, which has to be taken back as a whole`;
  }
  return undefined;
}

/**
 * Takes back an agent's version of a path: the agent sees the granted folder there again. Its files are moved to
 * `checkpoints/user/ID`, never deleted, so what an agent still writes into them is not lost either.
 */
export function discard(
  version: StagedVersion,
  { checkpoints, root, ids, path = '' }: DiscardOptions,
): StagedChange[] {
  const isAsked = ({ path: at }: StagedChange) => path === '' || at === path || at.startsWith(`${path}/`);
  const changes = version.changes(path).filter(isAsked);
  if (changes.length === 0) return [];
  const aside = join(checkpoints, 'user', ids());
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  if (path === '') {
    for (const name of readdirSync(held(version.files), { encoding: 'latin1' }))
      moveAside(inside(version.files, name), aside, name);
    chmodSync(held(version.files), Number(fstatSync(root).mode & 0o1777));
    version.write('', { type: 'forgotten' });
    version.write('', { type: 'based', was: stateOf(root) });
    return changes;
  }
  using below = findBelow(version.files, path);
  if (below !== undefined) moveAside(stand(below), aside, below.name);
  version.write(path, { type: 'forgotten' });
  return changes;
}

function moveAside(from: HostPath, aside: string, name: string): void {
  try {
    renameSync(from, Buffer.concat([Buffer.from(`${aside}/`), Buffer.from(name, 'latin1')]));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error; // what was only removed has nothing to move
  }
}
