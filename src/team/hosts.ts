import type { Approval } from '../protocol/approval.ts';
import { type TeamRecord, updateTeam } from './team.ts';

/** Puts a host that the user has allowed on the team's list, once however often it is called. It counts for the whole team at once. */
export async function landHost(dir: string, { result }: Approval): Promise<TeamRecord | undefined> {
  const { host } = result;
  if (typeof host !== 'string') return undefined;
  return updateTeam(dir, (team) =>
    team.allowHosts.includes(host) ? undefined : { ...team, allowHosts: [...team.allowHosts, host] },
  );
}
