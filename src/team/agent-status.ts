import type { AgentStatus } from '../protocol/team.ts';
import { roleHolder } from '../store/role.ts';
import { readAgentRecord } from './agent-record.ts';
import { keeperRoleFile } from './paths.ts';
import type { RosterEntry, TeamRecord } from './team.ts';

/** One agent's status from its files: what was last written of it, corrected by whether its keeper is alive. */
export function agentStatus(dir: string, team: TeamRecord, agent: RosterEntry, unread: number): AgentStatus {
  const record = readAgentRecord(dir, agent.name);
  const isAlive = roleHolder(keeperRoleFile(dir, agent.name)) !== undefined;
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
  };
  if (isAlive) return status;
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
