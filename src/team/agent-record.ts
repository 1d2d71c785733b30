import { readFileSync } from 'node:fs';
import type { AgentState, Tokens } from '../protocol/team.ts';
import { NO_TOKENS } from '../protocol/team.ts';
import { errorCode } from '../store/folders.ts';
import { replaceFile } from '../store/replace-file.ts';
import { agentFile } from './paths.ts';

/** What an agent is doing, as its keeper last wrote it: `agent.json`. */
export interface AgentRecord {
  v: 1;
  incarnation: number;
  state: AgentState;
  reason: string;
  task: string | null;
  /** Whether it has come back without a machine, as it had nothing to do; it gets one when it is wanted. */
  atRest: boolean;
  accelerator: string | null;
  /** Why this one. */
  acceleratorReason: string | null;
  /** What of its machine's confinement could not be had, in words. */
  lacks: readonly string[];
  pid: number | null;
  vmPid: number | null;
  /** Used by this and all earlier incarnations. */
  tokens: Tokens;
  costUsd: number;
  /** Requests to the model and messages sent, over all lives. */
  turns: number;
  messages: number;
  bootMs: number | null;
  updated: string;
}

export const NEW_AGENT: AgentRecord = {
  v: 1,
  incarnation: 0,
  state: 'starting',
  reason: '',
  task: null,
  atRest: false,
  accelerator: null,
  acceleratorReason: null,
  lacks: [],
  pid: null,
  vmPid: null,
  tokens: NO_TOKENS,
  costUsd: 0,
  turns: 0,
  messages: 0,
  bootMs: null,
  updated: '',
};

/** Reads an agent's record; an agent that was never started has the empty one, and so has one whose record went with the power. */
export function readAgentRecord(dir: string, agent: string): AgentRecord {
  try {
    // Written by `writeAgentRecord`; the file is 0600 and ours.
    return {
      ...NEW_AGENT,
      ...(JSON.parse(readFileSync(agentFile(dir, agent), 'utf8')) as Partial<AgentRecord>),
    };
  } catch (error) {
    // Not there yet; or without its content, when the power failed: it is not synced.
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return NEW_AGENT;
    throw error;
  }
}

/** Writes the record whole. Not synced: it says how things are now, and after a power loss nothing of it is true. */
export function writeAgentRecord(dir: string, agent: string, record: AgentRecord): Promise<void> {
  return replaceFile(agentFile(dir, agent), `${JSON.stringify(record)}\n`, { durable: false });
}
