import { join } from 'node:path';
import { type FileChange, resultChanges } from '../git/changes.ts';
import { commitOf } from '../git/hub.ts';
import { type CloneGrant, cloneGrants, hubFolder } from '../git/places.ts';
import { publish } from '../git/publish.ts';
import { noteInQueue, readQueue } from '../git/queue.ts';
import { CoworkError } from '../protocol/errors.ts';
import { closeAlert } from '../team/alerts.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';
import { placeBelow } from './grant-paths.ts';

/** What the team's result changes in one file of a repository, as `diff --json` shows it. */
export interface BranchChange {
  grant: string;
  path: string;
  change: FileChange['change'];
  from: string | null;
  agents: string[];
  /** The branch that holds it. */
  branch: string;
  diff: string[] | null;
}

/** The repositories that a command means, and the path below: all, or the one in which a path lies. */
export function repositoriesOf(team: TeamRecord, given: unknown): { grant: CloneGrant; below: string }[] {
  return cloneGrants(team).flatMap((grant) => {
    if (typeof given !== 'string') return [{ grant, below: '' }];
    const below = placeBelow(given, grant.path);
    return below === undefined ? [] : [{ grant, below }];
  });
}

/** What is on the branches of the result and was not there when the team began. */
export async function branchChanges(dir: string, given: unknown, agent?: string): Promise<BranchChange[]> {
  const shown: BranchChange[] = [];
  for (const { grant, below } of repositoriesOf(readTeam(dir), given)) {
    for (const { authors, path, from, ...change } of await resultChanges(dir, grant, below)) {
      if (agent !== undefined && !authors.includes(agent)) continue;
      const on = (name: string): string => join(grant.path, name);
      shown.push({
        ...{ grant: grant.name, path: on(path), from: from === null ? null : on(from) },
        ...{ agents: authors, branch: grant.repository.result, ...change },
      });
    }
  }
  return shown;
}

/** Brings the results into the user's repositories, where they are not yet. Throws CHANGES_NOT_APPLIED with what stands in the way. */
export async function publishResults(
  dir: string,
  given: unknown,
): Promise<{ path: string; branch: string }[]> {
  const done: { path: string; branch: string }[] = [];
  for (const { grant } of repositoriesOf(readTeam(dir), given)) {
    const { result: branch, gitDir, base } = grant.repository;
    const hub = hubFolder(dir, grant.name);
    const commit = commitOf(hub, `refs/heads/${branch}`);
    if (commit === undefined || commit === base) continue;
    const { published } = readQueue(dir, grant.name);
    const isThere = published?.commit === commit && published.obstacle === null;
    const obstacle = await publish({ hub, gitDir, branch });
    if (obstacle !== undefined) {
      throw new CoworkError('CHANGES_NOT_APPLIED', `${grant.path} did not get the result: ${obstacle}.`);
    }
    if (!isThere) await noteInQueue(dir, grant.name, { type: 'published', commit, obstacle: null });
    await closeAlert(dir, null, 'branch');
    done.push({ path: grant.path, branch });
  }
  return done;
}
