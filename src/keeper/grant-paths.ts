import { mayChange } from '../protocol/permits.ts';
import type { RosterEntry, TeamGrant, TeamRecord } from '../team/team.ts';

/** The granted folders as one agent may use them: who has no tool that changes anything reads only, whatever it runs. */
export const grantsFor = (agent: RosterEntry, grants: readonly TeamGrant[]): TeamGrant[] =>
  grants.map((grant) => (mayChange(agent) ? grant : { ...grant, mode: 'ro' }));

/** The granted folders at the paths where an agent sees them. */
export function grantPaths(team: TeamRecord, agent: RosterEntry): (TeamGrant & { path: string })[] {
  return grantsFor(agent, team.grants).map((grant) => ({
    name: grant.name,
    mode: grant.mode,
    path: grantPath(team, grant),
  }));
}

/** Where an agent of the team sees a grant. */
export const grantPath = ({ sandbox }: Pick<TeamRecord, 'sandbox'>, { name, path }: TeamGrant): string =>
  sandbox === 'vm' ? `/grants/${name}` : path;
