import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { EPERM, errnoOf, refuse } from '../errno.ts';
import type { Grant } from '../grant.ts';
import { held, inside } from '../host.ts';
import type { Change } from '../policy.ts';
import type { History } from './history.ts';
import { pathBelow, stateAt } from './where.ts';

/** Most deletions in one turn. */
export const MOST_DELETIONS = 50;
/** Most deletions in one turn of what was there before the team, as a part of the grant's files. */
export const MOST_PART = 0.2;
/** Deletions that never stop, however small the grant is. */
const ALWAYS_FREE = 2;
/** From this many files on a fifth is more than 50, and counting ends. */
const ENOUGH = MOST_DELETIONS / MOST_PART;
const MOST_FOLDERS = 1000;
/** Shortest time that counts as a turn, in milliseconds: the agent says itself when its turns end. */
const SHORTEST_TURN_MS = 60_000;

/** Stops an agent that deletes much of a grant in one turn, until the user has answered. */
export interface DeletionGuard {
  /** Counts a change that deletes; refuses with EPERM when it is one too many. */
  check(change: Change, history: History): void;
  turnEnded(): void;
  /** The user's answer to a stop in this grant. */
  answered(grant: string, isAllowed: boolean): void;
}

interface GuardOptions {
  writer: string;
  /** Told once when deletions are stopped. */
  onStop: (grant: Grant, deleted: number, limit: string) => void;
  clock?: () => number;
}

interface Count {
  /** Files that the agent did not make itself. */
  deleted: number;
  /** Those of them that were not made by others of the team. */
  found: number;
  /** Files of the grant when the first were deleted; undefined until it matters. */
  files: number | undefined;
  isStopped: boolean;
  /** The user has said no: it stays stopped until the turn ends. */
  isDenied: boolean;
  /** The user has said yes: no limit until a turn ends in which it was used. */
  isAllowed: boolean;
  since: number;
}

/**
 * What the agent made itself never counts: its own temporary files are its own affair. What others of the team made counts, and not towards the
 * part of a grant: in a folder that was given empty all is theirs, and whoever clears up after the team would always be held.
 */
export function createDeletionGuard({ writer, onStop, clock = Date.now }: GuardOptions): DeletionGuard {
  const counts = new Map<string, Count>();
  const of = (grant: string): Count => {
    const known = counts.get(grant);
    if (known !== undefined) return known;
    const made = {
      deleted: 0,
      found: 0,
      files: undefined,
      isStopped: false,
      isDenied: false,
      isAllowed: false,
      since: clock(),
    };
    counts.set(grant, made);
    return made;
  };

  return {
    check: (change, history) => {
      const victim = victimOf(change, history, writer);
      if (victim === undefined) return;
      const { grant, root } = change;
      const count = of(grant.name);
      if (count.isStopped) refuse(EPERM);
      const limit = count.isAllowed ? undefined : limitReached(count, victim, root);
      if (limit !== undefined) {
        count.isStopped = true;
        onStop(grant, count.deleted, limit);
        refuse(EPERM);
      }
      count.deleted++;
      if (victim === 'found') count.found++;
    },
    turnEnded: () => {
      for (const [name, count] of counts) {
        const isShort = clock() - count.since < SHORTEST_TURN_MS;
        if (count.isDenied) counts.delete(name);
        if (count.isStopped || (isShort && !count.isAllowed)) continue;
        if (count.deleted > 0 || !count.isAllowed) counts.delete(name);
      }
    },
    answered: (grant, isAllowed) => {
      counts.delete(grant);
      Object.assign(of(grant), { isAllowed, isStopped: !isAllowed, isDenied: !isAllowed });
    },
  };
}

/** Whose file: `found` is what was there before the team, or came from outside of it. */
type Victim = 'found' | 'of the team';

/** The limit that one more deletion would break, in words. */
function limitReached(count: Count, victim: Victim, root: number): string | undefined {
  if (count.deleted >= MOST_DELETIONS) return `${MOST_DELETIONS} files`;
  if (victim !== 'found' || count.found < ALWAYS_FREE) return undefined;
  count.files ??= count.deleted + countFiles(root);
  return count.found + 1 > count.files * MOST_PART ? `a fifth of its ${count.files} files` : undefined;
}

/** What a change deletes, unless the agent made that itself. */
function victimOf(
  { kind, root, spot, toSpot }: Change,
  history: History,
  writer: string,
): Victim | undefined {
  if (kind !== 'remove' && kind !== 'rename') return undefined;
  const at = kind === 'remove' ? spot : toSpot;
  const there = at && stateAt(at);
  const path = at && pathBelow(root, at);
  if (there === undefined || there.kind === 'directory' || path === undefined) return undefined;
  const isOfTeam = (place: string): boolean =>
    history.find(place) !== undefined && !history.isPrecious(place);
  const isMine = (place: string): boolean => {
    const agents = history.find(place)?.agents;
    return isOfTeam(place) && agents?.size === 1 && agents.has(writer);
  };
  if (isMine(path)) return undefined;
  // A program that saves writes a new file and renames it over the old one.
  const from = pathBelow(root, spot);
  if (kind === 'rename' && from !== undefined && isMine(from)) return undefined;
  return isOfTeam(path) ? 'of the team' : 'found';
}

/** How many files a folder holds; `ENOUGH` for any larger number. Follows no link. */
function countFiles(root: number): number {
  let files = 0;
  let folders = 0;
  const visit = (fd: number): void => {
    const entries = readdirSync(held(fd), { withFileTypes: true, encoding: 'buffer' });
    for (const entry of entries) if (!entry.isDirectory() && ++files >= ENOUGH) return;
    for (const entry of entries) {
      if (files >= ENOUGH || !entry.isDirectory() || ++folders > MOST_FOLDERS) continue;
      const below = openFolder(fd, entry.name.toString('latin1'));
      if (below === undefined) continue;
      try {
        visit(below);
      } finally {
        closeSync(below);
      }
    }
  };
  const own = openSync(held(root), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    visit(own);
  } finally {
    closeSync(own);
  }
  return folders > MOST_FOLDERS ? ENOUGH : files;
}

function openFolder(fd: number, name: string): number | undefined {
  try {
    return openSync(inside(fd, name), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined; // it went, or may not be read: then its files do not count
  }
}
