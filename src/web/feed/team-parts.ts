import type { Task } from '../../protocol/task.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import { listApprovals } from '../../team/approvals.ts';
import { listArtifacts } from '../../team/artifacts.ts';
import { readTeam } from '../../team/team.ts';
import type { TeamParts } from '../shapes.ts';
import { lookOf } from '../shown-types.ts';

/** What of a team is small enough to be sent whole, read from its files. Throws TEAM_UNKNOWN, TEAM_UNREADABLE. */
export async function readParts(
  dir: string,
  known: { unread: (agent: string) => number; tasks: () => Task[] },
): Promise<TeamParts> {
  const { elapsedMs: _, ...status } = await teamStatus(dir, Date.now(), {
    unread: async (agent) => known.unread(agent),
    tasks: async () => known.tasks(),
  });
  const { grants, ended } = readTeam(dir);
  return {
    status: { ...status, ended },
    approvals: listApprovals(dir),
    artifacts: listArtifacts(dir).map(({ path, name, sha256: _sha256, ...row }) => ({
      ...row,
      file: name,
      look: lookOf(path) ?? null,
    })),
    grants: grants.map(({ name, path, mode }) => ({ name, path, mode })),
  };
}
