import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { EPERM, errnoOf, refuse } from '../errno.ts';
import type { Grant } from '../grant.ts';
import { held, inside } from '../host.ts';
import type { Change } from '../policy.ts';
import type { History } from './history.ts';
import { pathBelow, stateAt } from './where.ts';

/** Most deletions in one turn. */
export const MOST_DELETIONS = 50;
/** Most deletions in one turn, as a part of the grant's files. */
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
  deleted: number;
  /** Files of the grant when the first were deleted; undefined until it matters. */
  files: number | undefined;
  isStopped: boolean;
  /** The user has said no: it stays stopped until the turn ends. */
  isDenied: boolean;
  /** The user has said yes: no limit until a turn ends in which it was used. */
  isAllowed: boolean;
  since: number;
}

/** Only what the agent did not make itself counts: its own temporary files are its own affair. */
export function createDeletionGuard({ writer, onStop, clock = Date.now }: GuardOptions): DeletionGuard {
  const counts = new Map<string, Count>();
  const of = (grant: string): Count => {
    const known = counts.get(grant);
    if (known !== undefined) return known;
    const made = {
      deleted: 0,
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
      if (!isDeletion(change, history, writer)) return;
      const { grant, root } = change;
      const count = of(grant.name);
      if (count.isStopped) refuse(EPERM);
      if (!count.isAllowed && count.deleted >= ALWAYS_FREE) {
        count.files ??= count.deleted + countFiles(root);
        const isMany = count.deleted >= MOST_DELETIONS;
        if (isMany || count.deleted + 1 > count.files * MOST_PART) {
          count.isStopped = true;
          onStop(
            grant,
            count.deleted,
            isMany ? `${MOST_DELETIONS} files` : `a fifth of its ${count.files} files`,
          );
          refuse(EPERM);
        }
      }
      count.deleted++;
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

function isDeletion({ kind, root, spot, toSpot }: Change, history: History, writer: string): boolean {
  if (kind !== 'remove' && kind !== 'rename') return false;
  const at = kind === 'remove' ? spot : toSpot;
  const there = at && stateAt(at);
  const path = at && pathBelow(root, at);
  if (there === undefined || there.kind === 'directory' || path === undefined) return false;
  const isMine = (place: string): boolean => {
    const node = history.find(place);
    const agents = node?.agents;
    return (
      node?.origin === undefined && agents?.size === 1 && agents.has(writer) && !history.isPrecious(place)
    );
  };
  if (isMine(path)) return false;
  // A program that saves writes a new file and renames it over the old one.
  const from = pathBelow(root, spot);
  return kind === 'remove' || from === undefined || !isMine(from);
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
