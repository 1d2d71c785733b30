import { openMailbox } from '../mailbox/mailbox.ts';
import type { AgentStatus, TeamState, TeamStatus } from '../protocol/team.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { agentStatus } from '../team/agent-status.ts';
import { openAlerts } from '../team/alerts.ts';
import { isReached, teamCaps } from '../team/caps.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';

/** A team as its files show it; changes nothing. */
export async function teamStatus(dir: string, now: number = Date.now()): Promise<TeamStatus> {
  const team = readTeam(dir);
  const mailbox = openMailbox(dir);
  const agents = await Promise.all(
    team.agents.map(async (agent) => agentStatus(dir, team, agent, await mailbox.unread(agent.name))),
  );
  const tasks: Record<string, number> = {};
  for (const { state } of await openTaskList(dir).list()) tasks[state] = (tasks[state] ?? 0) + 1;
  const end = team.ended === null ? now : Date.parse(team.ended);
  return {
    team: team.name,
    state: teamState(dir, team, agents, now),
    job: team.job,
    created: team.created,
    elapsedMs: Math.max(0, end - Date.parse(team.created)),
    agents,
    tasks,
    alerts: openAlerts(dir),
    costUsd: agents.reduce((sum, agent) => sum + agent.costUsd, 0),
    summary: team.summary,
    rehearsal: team.rehearsal,
  };
}

function teamState(dir: string, team: TeamRecord, agents: readonly AgentStatus[], now: number): TeamState {
  if (team.phase !== 'running') return team.phase;
  if (teamCaps(dir, team, now).some((cap) => cap.what !== 'messages' && isReached(cap))) return 'paused';
  return agents.every((agent) => agent.state === 'starting') ? 'starting' : 'running';
}
