import { join } from 'node:path';
import { mayChange } from '../protocol/permits.ts';
import { agentFolder } from '../team/paths.ts';
import type { RosterEntry, TeamGrant, TeamRecord } from '../team/team.ts';

/** A folder that the file server shows; a clone is the agent's own. */
export type ServedGrant = TeamGrant & { mode: Exclude<TeamGrant['mode'], 'clone'> };

/** The granted folders as one agent may use them: who has no tool that changes anything reads only, whatever it runs. */
const grantsFor = (agent: RosterEntry, grants: readonly TeamGrant[]): TeamGrant[] =>
  grants.map((grant) => (mayChange(agent) || grant.mode === 'clone' ? grant : { ...grant, mode: 'ro' }));

/** Those of them that the file server shows. */
export const servedGrants = (agent: RosterEntry, grants: readonly TeamGrant[]): ServedGrant[] =>
  grantsFor(agent, grants).filter((grant): grant is ServedGrant => grant.mode !== 'clone');

/** The granted folders at the paths where an agent sees them. */
export function grantPaths(
  dir: string,
  team: TeamRecord,
  agent: RosterEntry,
): (Pick<TeamGrant, 'name' | 'mode'> & { path: string })[] {
  return grantsFor(agent, team.grants).map((grant) => ({
    name: grant.name,
    mode: grant.mode,
    path: grantPath(team, grant, workspaceOf(dir, team, agent.name)),
  }));
}

/** Where an agent of the team sees a grant; a clone lies in its scratch folder. */
export function grantPath(
  { sandbox }: Pick<TeamRecord, 'sandbox'>,
  { name, path, mode }: TeamGrant,
  workspace = '/workspace',
): string {
  if (mode === 'clone') return join(workspace, name);
  return sandbox === 'vm' ? `/grants/${name}` : path;
}

/** The private scratch folder of an agent, as it sees it. */
export const workspaceOf = (dir: string, { sandbox }: Pick<TeamRecord, 'sandbox'>, agent: string): string =>
  sandbox === 'vm' ? '/workspace' : join(agentFolder(dir, agent), 'workspace');
