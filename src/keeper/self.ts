import type { Role, Tokens } from '../protocol/team.ts';
import { type AgentRecord, readAgentRecord, writeAgentRecord } from '../team/agent-record.ts';

/** What an agent is and does now. Every change is written to `agent.json`, in order, for all who look. */
export interface Self {
  readonly name: string;
  readonly role: Role;
  readonly incarnation: number;
  readonly record: AgentRecord;
  set(change: Partial<AgentRecord>): void;
  addUsage(tokens: Tokens, costUsd: number): void;
  /** Counts a request to the model, or messages sent. */
  count(what: 'turns' | 'messages', number: number): void;
  /** Resolves when the latest change is written. */
  settle(): Promise<void>;
}

/** Begins an incarnation: what earlier ones have used is kept, everything else starts anew. */
export function beginSelf(dir: string, name: string, role: Role, incarnation: number): Self {
  const { tokens, costUsd, turns, messages } = readAgentRecord(dir, name);
  let record: AgentRecord = {
    v: 1,
    incarnation,
    state: 'starting',
    reason: 'the keeper has started',
    task: null,
    atRest: false,
    accelerator: null,
    acceleratorReason: null,
    lacks: [],
    pid: process.pid,
    vmPid: null,
    tokens,
    costUsd,
    turns,
    messages,
    bootMs: null,
    updated: new Date().toISOString(),
  };
  let writing: Promise<void> = Promise.resolve();
  let isQueued = false;
  const write = (): void => {
    if (isQueued) return;
    isQueued = true;
    writing = writing.then(() => {
      isQueued = false;
      return writeAgentRecord(dir, name, record);
    });
    // A full disk must not end the agent; status then shows an old state, and the journals say what failed.
    writing = writing.catch(() => {});
  };
  const set = (change: Partial<AgentRecord>): void => {
    record = { ...record, ...change, updated: new Date().toISOString() };
    write();
  };
  set({});
  return {
    name,
    role,
    incarnation,
    get record() {
      return record;
    },
    set,
    addUsage: (used, cost) => {
      set({ tokens: addTokens(record.tokens, used), costUsd: record.costUsd + cost });
    },
    count: (what, number) => set({ [what]: record[what] + number }),
    settle: () => writing,
  };
}

function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
  };
}
