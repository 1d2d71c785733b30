import { repositoryStates } from '../git/state.ts';
import { openMailbox } from '../mailbox/mailbox.ts';
import { isUnreachable } from '../protocol/errors.ts';
import type { Task } from '../protocol/task.ts';
import { type AgentStatus, NO_TOKENS, type TeamState, type TeamStatus } from '../protocol/team.ts';
import { openBackend } from '../store/open-backend.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { agentStatus } from '../team/agent-status.ts';
import { openAlerts } from '../team/alerts.ts';
import { isReached, teamCaps } from '../team/caps.ts';
import { readPresence } from '../team/presence.ts';
import { type RemoteAgent, readTeam, type TeamRecord } from '../team/team.ts';

/** Where a status looks for mail and tasks; who looks again and again keeps them open. */
interface StatusSources {
  unread(agent: string): Promise<number>;
  tasks(): Promise<readonly Pick<Task, 'state'>[]>;
}

/** A team as its files show it; changes nothing. */
export async function teamStatus(
  dir: string,
  now: number = Date.now(),
  sources: StatusSources = openSources(dir),
): Promise<TeamStatus> {
  const team = readTeam(dir);
  // A server that can't be reached hides mail and tasks, and an alert says so; the agents here are shown.
  const unread = (name: string) => unlessUnreachable(sources.unread(name), 0);
  const listed = unlessUnreachable(sources.tasks(), []);
  const agents = await Promise.all([
    ...team.agents.map(async (agent) => agentStatus(dir, team, agent, await unread(agent.name))),
    ...(team.elsewhere ?? []).map(async (agent) => remoteStatus(dir, team, agent, await unread(agent.name))),
  ]);
  const tasks: Record<string, number> = {};
  for (const { state } of await listed) tasks[state] = (tasks[state] ?? 0) + 1;
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
    ...repositories(dir, team),
    costUsd: agents.reduce((sum, agent) => sum + agent.costUsd, 0),
    summary: team.summary,
    rehearsal: team.rehearsal,
    ...(team.image === undefined ? {} : { image: team.image }),
  };
}

function repositories(dir: string, team: TeamRecord): Pick<TeamStatus, 'repositories'> {
  const states = repositoryStates(dir, team);
  return states.length === 0 ? {} : { repositories: states };
}

function openSources(dir: string): StatusSources {
  return { unread: openMailbox(dir).unread, tasks: () => openTaskList(dir).list() };
}

/** An agent on another host, as that has last said it. */
async function remoteStatus(
  dir: string,
  team: TeamRecord,
  { name, role, host, wanted, reason }: RemoteAgent,
  unread: number,
): Promise<AgentStatus> {
  const presence = await unlessUnreachable(readPresence(openBackend(dir), host.id), undefined);
  const said = presence?.agents.find((agent) => agent.name === name);
  const status: AgentStatus = {
    ...{
      name,
      role,
      state: 'starting',
      reason: 'nothing is heard from it yet',
      task: null,
      sandbox: team.sandbox,
    },
    ...{
      accelerator: null,
      acceleratorReason: null,
      lacks: [],
      incarnation: 0,
      model: '',
      tokens: NO_TOKENS,
      costUsd: 0,
      bootMs: null,
    },
    ...said,
    ...{ pid: null, vmPid: null, unread, host: host.label },
  };
  return wanted === 'running' || said?.state === 'failed' ? status : { ...status, state: 'stopped', reason };
}

async function unlessUnreachable<T>(asked: Promise<T>, instead: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return instead;
  }
}

function teamState(dir: string, team: TeamRecord, agents: readonly AgentStatus[], now: number): TeamState {
  if (team.phase !== 'running') return team.phase;
  if (teamCaps(dir, team, now).some((cap) => cap.what !== 'messages' && isReached(cap))) return 'paused';
  return agents.every((agent) => agent.state === 'starting') ? 'starting' : 'running';
}
