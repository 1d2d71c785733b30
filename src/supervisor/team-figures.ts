import { openApprovals } from '../team/approvals.ts';
import type { Figures } from '../team/telemetry.ts';
import { teamStatus } from './team-status.ts';

/** The numbers of a team for its owner's metrics; each by one attribute. */
export async function teamFigures(dir: string): ReturnType<Figures> {
  const { agents, tasks, costUsd, alerts } = await teamStatus(dir);
  const states: Record<string, number> = {};
  for (const { state } of agents) states[state] = (states[state] ?? 0) + 1;
  const tokens: Record<string, number> = {};
  for (const agent of agents)
    for (const [kind, count] of Object.entries(agent.tokens)) tokens[kind] = (tokens[kind] ?? 0) + count;
  return [
    { name: 'cowork.tasks', by: 'state', values: tasks },
    { name: 'cowork.agents', by: 'state', values: states },
    { name: 'cowork.tokens', by: 'kind', values: tokens },
    { name: 'cowork.cost', by: '', values: { usd: costUsd } },
    { name: 'cowork.alerts', by: '', values: { open: alerts.length } },
    { name: 'cowork.requests.open', by: '', values: { open: openApprovals(dir).length } },
  ];
}
