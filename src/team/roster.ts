import { CoworkError } from '../protocol/errors.ts';
import { assertNewName } from '../protocol/names.ts';
import type { Color, ReplySettings } from '../protocol/team.ts';
import { ensureFolder } from '../store/folders.ts';
import { openBackend } from '../store/open-backend.ts';
import { agentFolder } from './paths.ts';
import { openSharedTeam } from './shared-team.ts';
import {
  findAgent,
  findMember,
  membersOf,
  type RosterEntry,
  readTeam,
  type TeamRecord,
  updateTeam,
} from './team.ts';

/** Most teammates that a team ever has, stopped ones included. */
export const TEAMMATES_MAX = 64;

/** Names of the agents of this host that are wanted running. */
export function runningAgents(team: TeamRecord): string[] {
  return team.agents.filter((agent) => agent.wanted === 'running').map((agent) => agent.name);
}

/** Names of the agents that are wanted running, on whatever host: whom a broadcast reaches. */
export function runningMembers(team: TeamRecord): string[] {
  return membersOf(team)
    .filter((agent) => agent.wanted === 'running')
    .map((agent) => agent.name);
}

/** Puts one more teammate on the roster; the supervisor starts it. A repeat of the key changes nothing. */
export async function addTeammate(
  dir: string,
  asked: {
    name: string;
    role: string;
    prompt: string;
    model?: string | undefined;
    tools?: readonly string[] | undefined;
    skills?: readonly string[] | undefined;
    color?: Color | undefined;
    replies?: ReplySettings | undefined;
    require_plan?: boolean | undefined;
    budget?: number | undefined;
    key?: string | undefined;
  },
): Promise<TeamRecord> {
  assertNewName(asked.name, 'teammate');
  ensureFolder(agentFolder(dir, asked.name));
  return updateTeam(dir, (team) => {
    if (team.phase !== 'running')
      throw new CoworkError('TEAM_ENDED', `Team "${team.name}" is ${team.phase}.`);
    const there = team.agents.find((agent) => agent.name === asked.name);
    if (there !== undefined && asked.key !== undefined && there.key === asked.key) return undefined;
    if (membersOf(team).some((agent) => agent.name === asked.name))
      throw new CoworkError('AGENT_TAKEN', `There is an agent "${asked.name}" already.`);
    const teammates = team.agents.filter((agent) => agent.role === 'teammate');
    if (teammates.length >= TEAMMATES_MAX) {
      throw new CoworkError('TEAM_FULL', `Team "${team.name}" has ${TEAMMATES_MAX} teammates.`);
    }
    return {
      ...team,
      agents: [
        ...team.agents,
        {
          name: asked.name,
          role: 'teammate',
          title: asked.role,
          prompt: asked.prompt,
          model: asked.model ?? teammates[0]?.model ?? team.agents[0]?.model ?? '',
          wanted: 'running',
          reason: '',
          key: asked.key ?? null,
          added: new Date().toISOString(),
          ...(asked.tools === undefined ? {} : { tools: asked.tools }),
          ...(asked.skills === undefined || asked.skills.length === 0 ? {} : { skills: asked.skills }),
          ...(asked.color === undefined ? {} : { color: asked.color }),
          ...(asked.replies === undefined || Object.keys(asked.replies).length === 0
            ? {}
            : { replies: asked.replies }),
          ...(asked.budget === undefined ? {} : { budgetUsd: asked.budget }),
          ...(asked.require_plan === true || team.requirePlan === true ? { plan: 'needed' as const } : {}),
        },
      ],
    };
  });
}

/**
 * Takes an agent off duty; its keeper sees it and ends, the supervisor sees to the rest. One on another host is asked for there.
 * Throws AGENT_UNKNOWN, STORE_UNREACHABLE.
 */
export async function stopAgent(dir: string, name: string, reason: string): Promise<TeamRecord> {
  const now = readTeam(dir);
  if ('host' in findMember(now, name)) {
    await openSharedTeam(openBackend(dir)).publish({ type: 'stop', agent: name, reason });
    return now;
  }
  return updateTeam(dir, (team) => {
    return {
      ...team,
      agents: team.agents.map((agent) =>
        agent.name === name ? { ...agent, wanted: 'stopped', reason } : agent,
      ),
    };
  });
}

/** Gives an agent another model, also for its lives to come. Throws AGENT_UNKNOWN. */
export function setModel(dir: string, name: string, model: string): Promise<TeamRecord> {
  return updateTeam(dir, (team) => {
    findAgent(team, name);
    return {
      ...team,
      agents: team.agents.map((agent) => (agent.name === name ? { ...agent, model } : agent)),
    };
  });
}

/** Asks something else of an agent's replies, also for its lives to come. Throws AGENT_UNKNOWN. */
export function setReplies(dir: string, name: string, replies: ReplySettings): Promise<TeamRecord> {
  return updateTeam(dir, (team) => {
    findAgent(team, name);
    return {
      ...team,
      agents: team.agents.map((agent) =>
        agent.name === name ? { ...agent, replies: { ...agent.replies, ...replies } } : agent,
      ),
    };
  });
}

/**
 * Moves the plan of an agent on, from one of the states in `from`. Throws AGENT_UNKNOWN; PLAN_STATE when it is in another
 * state, or needs no plan.
 */
export function movePlan(
  dir: string,
  name: string,
  from: readonly NonNullable<RosterEntry['plan']>[],
  to: NonNullable<RosterEntry['plan']>,
): Promise<TeamRecord> {
  return updateTeam(dir, (team) => {
    const { plan } = findAgent(team, name);
    if (plan === undefined) throw new CoworkError('PLAN_STATE', `${name} needs no plan.`);
    if (!from.includes(plan)) throw new CoworkError('PLAN_STATE', `The plan of ${name} is ${plan}.`);
    return {
      ...team,
      agents: team.agents.map((agent) => (agent.name === name ? { ...agent, plan: to } : agent)),
    };
  });
}
