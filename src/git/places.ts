import { join } from 'node:path';
import type { TeamGrant, TeamRecord } from '../team/team.ts';

/** A grant that agents work on in clones of their own. */
export type CloneGrant = TeamGrant & { repository: NonNullable<TeamGrant['repository']> };

/** Where the team keeps what it has of a repository. */
export const repositoryFolder = (dir: string, grant: string): string => join(dir, 'git', grant);
/** The team's own bare repository, between the agents and the user's. */
export const hubFolder = (dir: string, grant: string): string =>
  join(repositoryFolder(dir, grant), 'hub.git');
/** The journal of what was pushed and what came of it. */
export const queueFile = (dir: string, grant: string): string =>
  join(repositoryFolder(dir, grant), 'queue.jsonl');

/** The branch with the team's result, in the team's repository and in the user's. */
export const resultBranch = (team: string): string => `cowork/${team}`;

/** The repositories that a team works on. */
export const cloneGrants = (team: Pick<TeamRecord, 'grants'>): CloneGrant[] =>
  team.grants.filter((grant): grant is CloneGrant => grant.repository !== undefined);
