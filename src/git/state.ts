import type { RepositoryStatus } from '../protocol/team.ts';
import type { TeamRecord } from '../team/team.ts';
import { commitOf, isIn } from './hub.ts';
import { type CloneGrant, cloneGrants, hubFolder } from './places.ts';
import { isWaiting, type QueueEntry, readQueue } from './queue.ts';

/** A push that nothing has come of yet. */
export interface OpenPush {
  agent: string;
  commit: string;
}

/** Pushes that nothing has come of yet, also those that nobody has noticed so far; in their order. */
export function openPushes(dir: string, team: TeamRecord): (OpenPush & { grant: string })[] {
  return cloneGrants(team).flatMap((grant) =>
    openIn(dir, team, grant).map((push) => ({ grant: grant.name, ...push })),
  );
}

/** Those of them that are not in the result: one that is there already may be told to its author before it is written down. */
export async function unmergedPushes(
  dir: string,
  team: TeamRecord,
): Promise<(OpenPush & { grant: string })[]> {
  const unmerged = await Promise.all(
    cloneGrants(team).map(async (grant) => {
      const hub = hubFolder(dir, grant.name);
      const tip = commitOf(hub, `refs/heads/${grant.repository.result}`);
      const open = openIn(dir, team, grant).map((push) => ({ grant: grant.name, ...push }));
      const isThere = await Promise.all(
        open.map(({ commit }) => tip !== undefined && isIn(hub, commit, tip)),
      );
      return open.filter((_, i) => !isThere[i]);
    }),
  );
  return unmerged.flat();
}

/** How far the result of each repository is. */
export function repositoryStates(dir: string, team: TeamRecord): RepositoryStatus[] {
  return cloneGrants(team).map((grant): RepositoryStatus => {
    const { name, path, repository } = grant;
    const { entries, published } = readQueue(dir, name);
    const commit = commitOf(hubFolder(dir, name), `refs/heads/${repository.result}`) ?? repository.base;
    const count = (state: QueueEntry['state']): number =>
      entries.filter((entry) => entry.state === state).length;
    const isPublished =
      commit === repository.base || (published?.commit === commit && published.obstacle === null);
    return {
      ...{ grant: name, path, branch: repository.result, base: repository.base, commit },
      ...{ isPublished, obstacle: isPublished ? null : (published?.obstacle ?? null) },
      ...{ landed: count('landed'), returned: count('returned') },
      waiting: openIn(dir, team, grant),
    };
  });
}

function openIn(dir: string, { agents }: TeamRecord, { name }: CloneGrant): OpenPush[] {
  const { entries } = readQueue(dir, name);
  const waiting = entries.filter(isWaiting).map(({ agent, commit }) => ({ agent, commit }));
  const fresh = agents.flatMap(({ name: agent }): OpenPush[] => {
    const commit = commitOf(hubFolder(dir, name), `refs/heads/${agent}`);
    const last = entries.findLast((entry) => entry.agent === agent);
    return commit === undefined || commit === last?.commit ? [] : [{ agent, commit }];
  });
  return [...waiting.filter(({ agent }) => !fresh.some((push) => push.agent === agent)), ...fresh];
}
