import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import type { Approval } from '../protocol/approval.ts';
import { CoworkError } from '../protocol/errors.ts';
import { GRANT_MODES, type GrantMode } from '../protocol/team.ts';
import { type TeamGrant, type TeamRecord, updateTeam } from './team.ts';

/** A folder to be granted: its real path, and what may be done with it. */
export type GrantRequest = Omit<TeamGrant, 'name'>;

/**
 * A grant as it is typed: `PATH[:MODE]`; a colon that is part of the path is told by the path being there.
 * Throws GRANT_INVALID for anything that can't be granted.
 */
export function readGrant(home: string, given: string, usual: GrantMode = 'rw'): GrantRequest {
  const split = /^(.*):([a-z]+)$/s.exec(given);
  const mode = GRANT_MODES.find((each) => each === split?.[2]);
  if (split !== null && mode === undefined && !exists(given)) {
    throw new CoworkError('GRANT_INVALID', `${JSON.stringify(split[2])} is no mode of a grant.`, {
      hint: `The modes are ${GRANT_MODES.join(', ')}.`,
    });
  }
  const granted = mode ?? usual;
  return {
    path: grantedFolder(home, mode === undefined ? given : (split?.[1] ?? ''), granted),
    mode: granted,
  };
}

/** The real path of a folder that may be granted. Throws GRANT_INVALID. */
export function grantedFolder(home: string, given: string, mode: GrantMode): string {
  if (given === '') throw new CoworkError('GRANT_INVALID', 'A grant names no folder.');
  const path = resolve(given);
  const isRead = mode === 'ro' || mode === 'review'; // a clone gets a branch, which is written
  let real: string;
  try {
    if (!statSync(path).isDirectory()) throw new CoworkError('GRANT_INVALID', `${path} is no folder.`);
    accessSync(path, isRead ? constants.R_OK : constants.R_OK | constants.W_OK);
    real = realpathSync(path);
  } catch (error) {
    if (error instanceof CoworkError) throw error;
    throw new CoworkError('GRANT_INVALID', `${path} can't be granted.`, { cause: error });
  }
  refuseOwnFiles(home, real);
  return real;
}

/** Adds the grants' names: each is known by its folder's base name, with -2 and so on when that is taken. */
export function nameGrants(grants: readonly GrantRequest[], there: readonly TeamGrant[] = []): TeamGrant[] {
  const taken = new Set(there.map(({ name }) => name));
  return grants.map((grant) => {
    const base = grant.mode === 'clone' ? repositoryName(grant.path) : basename(grant.path) || 'root';
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}-${i}`;
    taken.add(name);
    return { ...grant, name };
  });
}

/** A name that git and its address can carry as it is. */
const repositoryName = (path: string): string =>
  basename(path)
    .replaceAll(/[^\w.-]/g, '-')
    .replace(/^[-.]+/, '') || 'repository';

/** Puts a folder that the user has allowed on the team's list, once however often it is called; returns the grant. */
export async function landGrant(dir: string, approval: Approval): Promise<TeamGrant | undefined> {
  const { path, mode } = approval.result;
  const known = GRANT_MODES.find((each) => each === mode);
  if (typeof path !== 'string' || known === undefined) return undefined;
  const team: TeamRecord = await updateTeam(dir, (record) => {
    if (record.grants.some((grant) => grant.approval === approval.id)) return undefined;
    const grants = nameGrants([{ path, mode: known, approval: approval.id }], record.grants);
    return { ...record, grants: [...record.grants, ...grants] };
  });
  return team.grants.find((grant) => grant.approval === approval.id);
}

/** Whoever could write here could write the team's own record, or read the mail of others. */
const OWN = ['teams', 'images', 'templates'];

function refuseOwnFiles(home: string, folder: string): void {
  const real = exists(home) ? realpathSync(home) : resolve(home);
  const contains = (outer: string, inner: string) =>
    `${inner}${sep}`.startsWith(outer === sep ? sep : `${outer}${sep}`);
  const hit = OWN.map((name) => join(real, name)).find(
    (own) => contains(folder, own) || contains(own, folder),
  );
  if (hit === undefined) return;
  throw new CoworkError(
    'GRANT_INVALID',
    `${folder} can't be granted: cowork keeps its own files in ${hit}.`,
    {
      hint: 'Grant a folder beside it, or set COWORK_HOME to another place.',
    },
  );
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
