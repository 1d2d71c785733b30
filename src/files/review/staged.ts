import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { findBelow } from '../changes/below.ts';
import { isSameBelow } from '../changes/same-content.ts';
import { isUntouched, type State } from '../changes/state.ts';
import { stateBelow } from '../changes/survey.ts';
import { held, inside } from '../host.ts';
import type { Marker } from './markers.ts';

/** One thing that an agent's version of a grant has otherwise than the granted folder. */
export interface StagedChange {
  /** What landing it does; `attributes` are rights only. */
  change: 'created' | 'modified' | 'deleted' | 'attributes';
  /** Relative to the grant, as bytes. */
  path: string;
  /** What stands in the granted folder now. */
  was: State | undefined;
  /** What the agent has in its place. */
  is: State | undefined;
  /** Why landing it would lose what somebody else has done. */
  conflict: string | undefined;
}

/** Whether a change shows; of a folder that was made anew, that it is another one does not. */
export const isShown = ({ change, was, is }: StagedChange): boolean =>
  change !== 'attributes' || was?.mode !== is?.mode;

export interface StagedOptions {
  /** The granted folder, held by a descriptor. */
  root: number;
  /** The top of the agent's staged files, held by a descriptor. */
  files: number;
  markers: Marker;
  /** Only what is at or below this path; bytes. Folders above that are new come along. */
  path?: string | undefined;
}

/** Compares an agent's version of a grant with the granted folder; the cost follows what the agent has touched. */
export function surveyStaged({ root, files, markers, path = '' }: StagedOptions): StagedChange[] {
  const found: StagedChange[] = [];
  const add = (
    at: string,
    change: StagedChange['change'],
    was?: State,
    is?: State,
    conflict?: string,
  ): void => {
    found.push({ path: at, change, was, is, conflict });
  };

  const visit = (folder: string, marker: Marker | undefined, isOpaque: boolean): void => {
    const names = new Set([...namesBelow(files, folder), ...(marker?.children.keys() ?? [])]);
    if (isOpaque) for (const name of namesBelow(root, folder)) names.add(name);
    for (const name of [...names].sort()) {
      const at = folder === '' ? name : `${folder}/${name}`;
      if (mayMatter(at)) look(at, marker?.children.get(name), isOpaque);
    }
  };

  const look = (at: string, marker: Marker | undefined, isOpaque: boolean): void => {
    const was = stateBelow(root, at);
    const own = stateBelow(files, at);
    const isLanded = own !== undefined && own.kind !== 'directory' && isAsLanded(own, marker);
    const is = isLanded ? undefined : own;
    if (is === undefined) {
      if (marker?.isGone === true || (isOpaque && !isLanded)) remove(at, marker, was);
      else if (was?.kind === 'directory') visit(at, marker, false);
    } else if (is.kind === 'directory') lookAtFolder(at, marker, was, is, isOpaque);
    else lookAtFile(at, marker, was, is);
  };

  const lookAtFile = (at: string, marker: Marker | undefined, was: State | undefined, is: State): void => {
    if (was === undefined) {
      const isMissing = marker?.was !== undefined && !marker.isGone;
      add(at, 'created', was, is, isMissing ? 'it was removed outside the team' : undefined);
    } else if (was.kind !== is.kind || is.kind === 'link') {
      if (was.kind === 'link' && is.kind === 'link' && was.target === is.target) return;
      remove(at, marker, was);
      add(at, 'created', undefined, is);
    } else if (was.size !== is.size || !isSameBelow(root, files, at))
      add(at, 'modified', was, is, foreign(marker, was));
    else if (was.mode !== is.mode) add(at, 'attributes', was, is, foreign(marker, was));
  };

  const lookAtFolder = (
    at: string,
    marker: Marker | undefined,
    was: State | undefined,
    is: State,
    isOpaque: boolean,
  ): void => {
    const isGone = marker?.isGone === true || isOpaque;
    if (was?.kind === 'directory') {
      const isChanged = marker?.was !== undefined && marker.was.mode !== is.mode && was.mode !== is.mode;
      const isForeign = isChanged && marker?.was?.mode !== was.mode;
      if (isChanged || isGone)
        add(at, 'attributes', was, is, isForeign ? 'its rights were changed outside the team' : undefined);
      visit(at, marker, isGone);
      return;
    }
    if (was !== undefined) remove(at, marker, was);
    const place = found.length;
    visit(at, marker, false);
    const hasMore = found.length > place;
    // A folder that is here only for what was once changed in it is no change of its own.
    const isMissing = was === undefined && marker?.was !== undefined && !marker.isGone;
    if (isMissing && !hasMore) return;
    const made: StagedChange = {
      ...{ path: at, change: 'created', was: undefined, is },
      conflict: isMissing ? 'it was removed outside the team' : undefined,
    };
    found.splice(place, 0, made);
  };

  /** What the agent has removed, with all that is in it. */
  const remove = (at: string, marker: Marker | undefined, was: State | undefined): void => {
    if (was === undefined) return;
    if (was.kind === 'directory') {
      for (const name of namesBelow(root, at)) {
        const child = `${at}/${name}`;
        remove(child, marker?.children.get(name), stateBelow(root, child));
      }
    }
    add(at, 'deleted', was, undefined, foreign(marker, was));
  };

  const mayMatter = (at: string): boolean =>
    path === '' || at === path || at.startsWith(`${path}/`) || path.startsWith(`${at}/`);
  const isAsked = ({ path: at, change }: StagedChange): boolean =>
    path === '' ||
    at === path ||
    at.startsWith(`${path}/`) ||
    (change === 'created' && path.startsWith(`${at}/`));

  const top = { was: stateBelow(root, ''), is: stateBelow(files, '') };
  if (top.was !== undefined && top.is !== undefined && markers.was !== undefined) {
    const { mode } = markers.was;
    if (mode !== top.is.mode && top.was.mode !== top.is.mode)
      add(
        '',
        'attributes',
        top.was,
        top.is,
        mode === top.was.mode ? undefined : 'its rights were changed outside the team',
      );
  }
  visit('', markers, false);
  return found.filter(isAsked);
}

/** Whether a staged file is what was applied, and nothing has come since. */
export const isAsLanded = (own: State, marker: Marker | undefined): boolean =>
  marker?.landed !== undefined && isUntouched(marker.landed, own);

/** Why what stands there now is not what the agent began with. */
function foreign(marker: Marker | undefined, was: State): string | undefined {
  if (marker?.was === undefined) return 'something else stands there now';
  if (was.kind === 'directory' && marker.was.kind === 'directory') return undefined;
  return isUntouched(marker.was, was) ? undefined : 'it was changed outside since';
}

function namesBelow(root: number, folder: string): string[] {
  using below = folder === '' ? undefined : findBelow(root, folder);
  if (folder !== '' && below === undefined) return [];
  const path = below === undefined ? held(root) : inside(below.directory, below.name);
  let fd: number;
  try {
    fd = openSync(path, FOLDER | (below === undefined ? 0 : constants.O_NOFOLLOW));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
  try {
    return readdirSync(held(fd), { encoding: 'latin1' });
  } finally {
    closeSync(fd);
  }
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;
