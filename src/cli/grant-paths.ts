import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import type { TeamGrant, TeamRecord } from '../team/team.ts';

/** A place in a grant; the path as bytes, one character each, empty for the whole grant. */
export interface GrantPlace {
  grant: TeamGrant;
  path: string;
}

/** The grants that a command means: all, or the one in which a path lies. A path is the host's, or begins with `/grants/NAME`. */
export function placesOf(team: TeamRecord, given: unknown): GrantPlace[] {
  const guarded = team.grants.filter(({ mode }) => mode !== 'ro' && mode !== 'clone');
  if (typeof given !== 'string') return guarded.map((grant) => ({ grant, path: '' }));
  for (const grant of guarded) {
    for (const root of [`/grants/${grant.name}`, grant.path]) {
      const below = placeBelow(given, root);
      if (below !== undefined) return [{ grant, path: bytesOf(below) }];
    }
  }
  if (team.grants.some((grant) => grant.mode === 'clone' && placeBelow(given, grant.path) !== undefined))
    return [];
  const path = resolve(given);
  throw new CoworkError('NOT_GRANTED', `${path} is in no folder that team "${team.name}" may write.`);
}

/** Where a path that was typed lies below a folder, empty for the folder itself; undefined when it does not. */
export function placeBelow(given: string, root: string): string | undefined {
  for (const place of [resolve(given), resolve(realFolder(), given)]) {
    if (place === root) return '';
    if (place.startsWith(`${root}/`)) return place.slice(root.length + 1);
  }
  return undefined;
}

const realFolder = (): string => realpathSync(process.cwd());

const bytesOf = (path: string): string => Buffer.from(path, 'utf8').toString('latin1');
