import type { AgentStatus } from '../protocol/team.ts';
import { isStopped } from '../store/process-identity.ts';
import { roleHolder } from '../store/role.ts';
import { readAgentRecord } from './agent-record.ts';
import { keeperRoleFile } from './paths.ts';
import type { RosterEntry, TeamRecord } from './team.ts';

/** A keeper that somebody has stopped with a signal does not know, and writes nothing. */
export const STOPPED = {
  state: 'wedged',
  reason: 'its keeper is stopped by a signal; it goes on after kill -CONT',
} as const;

/** One agent's status from its files: what was last written of it, corrected by whether its keeper is alive. */
export function agentStatus(dir: string, team: TeamRecord, agent: RosterEntry, unread: number): AgentStatus {
  const record = readAgentRecord(dir, agent.name);
  const keeper = roleHolder(keeperRoleFile(dir, agent.name));
  const status: AgentStatus = {
    name: agent.name,
    role: agent.role,
    state: record.state,
    reason: record.reason,
    task: record.task,
    sandbox: team.sandbox,
    accelerator: record.accelerator,
    acceleratorReason: record.acceleratorReason ?? null,
    lacks: record.lacks,
    pid: record.pid,
    vmPid: team.sandbox === 'vm' ? record.vmPid : null,
    incarnation: record.incarnation,
    model: agent.model,
    tokens: record.tokens,
    costUsd: record.costUsd,
    unread,
    bootMs: record.bootMs,
    ...(agent.color === undefined ? {} : { color: agent.color }),
  };
  if (keeper !== undefined) return isStopped(keeper) ? { ...status, ...STOPPED } : status;
  const gone = { ...status, pid: null, vmPid: null };
  if (record.state === 'failed' || record.state === 'stopped') return gone;
  if (agent.wanted === 'stopped') return { ...gone, state: 'stopped', reason: agent.reason };
  if (team.phase !== 'running') return { ...gone, state: 'stopped', reason: `the team is ${team.phase}` };
  return {
    ...gone,
    state: 'starting',
    reason: record.incarnation === 0 ? 'waits for the supervisor' : 'died, is started again',
  };
}
