import { CoworkError } from '../protocol/errors.ts';
import { loadIds } from '../store/ids.ts';
import { findAgent, type RosterEntry, type TeamRecord, updateTeam } from './team.ts';

/** Who is to be the lead from now on: a teammate with its conversation, or (null) somebody who knows the team's record only. */
export interface Succession {
  id: string;
  from: string | null;
}

/**
 * Writes that the lead is to be replaced; its keeper sees it and ends, the supervisor sees to the rest. `lead` stays the name of who leads, so that mail and tasks
 * reach whoever it is. Throws AGENT_UNKNOWN, AGENT_ELSEWHERE, USAGE, LEAD_CHANGING.
 */
export async function planSuccession(dir: string, from: string | null): Promise<TeamRecord> {
  const id = (await loadIds())();
  if (from === 'lead') {
    throw new CoworkError('USAGE', 'The lead leads already.', {
      hint: 'For a lead without its conversation: cowork promote --fresh',
    });
  }
  return updateTeam(dir, (team) => {
    const { succession } = findAgent(team, 'lead');
    if (from !== null) findAgent(team, from);
    if (succession !== undefined)
      throw new CoworkError('LEAD_CHANGING', `Team "${team.name}" is getting another lead already.`);
    const promoted = { wanted: 'stopped', reason: 'is the lead now' } as const;
    return changed(team, (agent) => {
      if (agent.name === 'lead') return { ...agent, succession: { id, from } };
      return agent.name === from ? { ...agent, ...promoted } : agent;
    });
  });
}

/** Writes that a succession is over, unless that is known. */
export function settleSuccession(dir: string, { id }: Succession): Promise<TeamRecord> {
  return updateTeam(dir, (team) =>
    changed(team, (agent) => {
      if (agent.succession?.id !== id) return agent;
      const { succession: _, ...settled } = agent;
      return settled;
    }),
  );
}

/** Whether an agent is stopped because it becomes the lead. */
export const isPromoted = ({ agents }: TeamRecord, name: string): boolean =>
  agents.some(({ succession }) => succession?.from === name);

const changed = (team: TeamRecord, change: (agent: RosterEntry) => RosterEntry): TeamRecord => ({
  ...team,
  agents: team.agents.map(change),
});
