import type { Evidence, Task, TaskEvent, TaskNeed, TaskState } from '../protocol/task.ts';

/** Who works on a task, by the claim that won. */
export interface Claim {
  by: string;
  incarnation: number;
  token: string;
}

/** A task as the fold keeps it. */
export interface Entry {
  id: string;
  subject: string;
  description: string;
  state: TaskState;
  /** Whom it is kept for while nobody has claimed it. */
  reserved: string | null;
  /** Stays when the task is done, to say who did it. */
  claim: Claim | null;
  dependsOn: string[];
  result: string | null;
  evidence: Evidence | null;
  needs: TaskNeed[];
  /** What was said when it was released, failed or cancelled. */
  reason: string | null;
  created: string;
  updated: string;
  history: TaskEvent[];
}

/** A task has come to an end, for who waits for that. */
export interface Settled {
  /** Place in the journal, from 1. */
  place: number;
  task: string;
  event: 'completed' | 'failed' | 'cancelled' | 'review';
  by: string;
  at: string;
}

/** The task list as the journal up to here makes it. */
export interface ListState {
  /** How many records have been folded. */
  revision: number;
  entries: Map<string, Entry>;
  /** In the order of creation: `t1` is at 0. */
  order: Entry[];
  /** All tasks in front of this index are not pending: where the search for an open one starts. */
  firstOpen: number;
  /** Which tasks name a task in their `dependsOn`. */
  dependents: Map<string, Set<string>>;
  /** Id of a task by the writer and key that made it. */
  keys: Map<string, string>;
  /** The last incarnation of an agent that is over. */
  ended: Map<string, number>;
  /** Id of the last `locked` record. */
  fence: string | null;
  settled: Settled[];
}

export function emptyList(): ListState {
  return {
    ...{ revision: 0, entries: new Map(), order: [], firstOpen: 0, dependents: new Map() },
    ...{ keys: new Map(), ended: new Map(), fence: null, settled: [] },
  };
}

/** Shows a task as the contract has it. */
export function showTask(list: ListState, entry: Entry): Task {
  const { id, subject, description, state, dependsOn, result, evidence, needs, created, updated } = entry;
  return {
    ...{ id, subject, description, state, owner: ownerOf(entry), dependsOn: [...dependsOn] },
    ...{ result, evidence, needs: [...needs], reason: reasonOf(list, entry), created, updated },
  };
}

export function ownerOf({ claim, reserved }: Entry): string | null {
  return claim?.by ?? reserved;
}

/** The dependencies that are not completed. */
export function missing(list: ListState, dependsOn: readonly string[]): string[] {
  return dependsOn.filter((id) => list.entries.get(id)?.state !== 'completed');
}

/** The oldest task that `who` may claim, or so many further on; the last one when there are not so many. */
export function nextOpen(list: ListState, who: string, further = 0): Entry | undefined {
  while (list.order[list.firstOpen] && list.order[list.firstOpen]?.state !== 'pending') list.firstOpen++;
  let found: Entry | undefined;
  for (let i = list.firstOpen; i < list.order.length; i++) {
    const entry = list.order[i];
    if (entry?.state !== 'pending' || (entry.reserved !== null && entry.reserved !== who)) continue;
    found = entry;
    if (further-- === 0) break;
  }
  return found;
}

function reasonOf(list: ListState, entry: Entry): string | null {
  if (entry.state !== 'blocked') return entry.reason;
  const open = missing(list, entry.dependsOn);
  const dead = open.filter((id) => ['failed', 'cancelled'].includes(list.entries.get(id)?.state ?? ''));
  const parts = dead.map((id) => `${id} ${list.entries.get(id)?.state}`);
  const waits = open.filter((id) => !dead.includes(id));
  if (waits.length > 0) parts.push(`waits for ${waits.join(', ')}`);
  return parts.join('; ');
}
