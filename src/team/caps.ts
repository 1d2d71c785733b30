import { readAgentRecord } from './agent-record.ts';
import type { TeamRecord } from './team.ts';

/** How much of something may be used, and is. */
export interface Cap {
  what: 'USD' | 'tokens' | 'minutes' | 'messages' | 'turns';
  /** Null when it holds for the team as a whole. */
  agent: string | null;
  used: number;
  limit: number;
}

/** From which part of a limit on people are warned. */
const WARN_FROM = 0.8;

/** The limits of the team as a whole. */
export function teamCaps(dir: string, team: TeamRecord, now: number): Cap[] {
  const records = team.agents.map(({ name }) => readAgentRecord(dir, name));
  const sum = (of: (record: (typeof records)[number]) => number) =>
    records.reduce((all, each) => all + of(each), 0);
  return limited([
    { what: 'USD', agent: null, used: sum(({ costUsd }) => costUsd), limit: team.budgetUsd },
    {
      what: 'tokens',
      agent: null,
      used: sum(({ tokens }) => Object.values(tokens).reduce((a, b) => a + b, 0)),
      limit: team.maxTokens,
    },
    { what: 'minutes', agent: null, used: (now - Date.parse(team.created)) / 60_000, limit: team.maxMinutes },
    { what: 'messages', agent: null, used: sum(({ messages }) => messages), limit: team.maxMessages },
  ]);
}

/** The limits of one agent. */
export function agentCaps(dir: string, team: TeamRecord, agent: string): Cap[] {
  const { costUsd, turns } = readAgentRecord(dir, agent);
  const entry = team.agents.find(({ name }) => name === agent);
  return limited([
    { what: 'USD', agent, used: costUsd, limit: entry?.budgetUsd },
    { what: 'turns', agent, used: turns, limit: team.maxTurns },
  ]);
}

export const isReached = ({ used, limit }: Cap): boolean => used >= limit;
export const isNear = ({ used, limit }: Cap): boolean => used >= limit * WARN_FROM;

/** What stands of a limit, in words: `1.62 of 2 USD of the team`. */
export function describeCap({ what, agent, used, limit }: Cap): string {
  const shown = what === 'USD' ? used.toFixed(2) : String(Math.floor(used));
  return `${shown} of ${limit} ${what} of ${agent ?? 'the team'}`;
}

/** The command with which the user goes on past a limit that was reached. */
export function wayOn({ what, agent, limit }: Cap, team: string): string {
  const flag = {
    USD: 'budget',
    tokens: 'max-tokens',
    minutes: 'max-minutes',
    messages: 'max-messages',
    turns: 'max-turns',
  };
  const whose = agent !== null && what === 'USD' ? `${agent} ` : '';
  return `cowork resume ${whose}-t ${team} --${flag[what]} ${limit * 2}`;
}

/** The team with a limit raised; undefined when it is as high already, or there is none of this kind. */
export function raisedCap(
  team: TeamRecord,
  { what, agent, limit }: { what: string; agent: string | null; limit: number },
): TeamRecord | undefined {
  if (what === 'USD' && agent !== null) {
    const own = team.agents.find(({ name }) => name === agent);
    if (own === undefined || (own.budgetUsd ?? 0) >= limit) return undefined;
    const agents = team.agents.map((each) => (each === own ? { ...each, budgetUsd: limit } : each));
    return { ...team, agents };
  }
  const field = FIELDS[what];
  if (field === undefined || (team[field] ?? 0) >= limit) return undefined;
  return { ...team, [field]: limit };
}

const FIELDS: Partial<Record<string, 'budgetUsd' | 'maxTokens' | 'maxMinutes' | 'maxMessages' | 'maxTurns'>> =
  {
    USD: 'budgetUsd',
    tokens: 'maxTokens',
    minutes: 'maxMinutes',
    messages: 'maxMessages',
    turns: 'maxTurns',
  };

function limited(caps: (Omit<Cap, 'limit'> & { limit: number | null | undefined })[]): Cap[] {
  return caps.flatMap((cap) => (typeof cap.limit === 'number' ? { ...cap, limit: cap.limit } : []));
}
