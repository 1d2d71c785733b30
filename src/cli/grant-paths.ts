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
  const guarded = team.grants.filter(({ mode }) => mode !== 'ro');
  if (typeof given !== 'string') return guarded.map((grant) => ({ grant, path: '' }));
  const path = resolve(given);
  for (const grant of guarded) {
    for (const root of [`/grants/${grant.name}`, grant.path]) {
      for (const place of [path, resolve(realFolder(), given)]) {
        if (place === root) return [{ grant, path: '' }];
        if (place.startsWith(`${root}/`)) return [{ grant, path: bytesOf(place.slice(root.length + 1)) }];
      }
    }
  }
  throw new CoworkError('NOT_GRANTED', `${path} is in no folder that team "${team.name}" may write.`);
}

const realFolder = (): string => realpathSync(process.cwd());

const bytesOf = (path: string): string => Buffer.from(path, 'utf8').toString('latin1');
