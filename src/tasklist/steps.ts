import type { TaskState } from '../protocol/task.ts';
import type { TaskRecord } from './records.ts';
import { type Entry, type ListState, missing } from './state.ts';

/** The steps that several kinds of records share. */

export function note(
  entry: Entry,
  { by, at }: Pick<TaskRecord, 'by' | 'at'>,
  event: string,
  detail: string,
): void {
  entry.history.push({ at, by, event, detail });
  if (event !== 'refused') entry.updated = at;
}

/** Says that a task has come to an end, and unblocks what waited for it: in the same record as its completion. */
export function settle(list: ListState, entry: Entry, { by, at }: TaskRecord): void {
  const { state } = entry;
  if (state !== 'completed' && state !== 'failed' && state !== 'cancelled' && state !== 'review') return;
  list.settled.push({ place: list.revision, task: entry.id, event: state, by, at });
  if (state !== 'completed') return;
  for (const id of list.dependents.get(entry.id) ?? []) {
    const dependent = list.entries.get(id);
    if (dependent?.state !== 'blocked' || missing(list, dependent.dependsOn).length > 0) continue;
    setWaiting(list, dependent);
    note(dependent, { by, at }, 'unblocked', `${entry.id} is completed`);
  }
}

export function reopen(list: ListState, entry: Entry, reason: string): void {
  entry.claim = null;
  setWaiting(list, entry);
  entry.reason = reason;
}

export function setWaiting(list: ListState, entry: Entry): void {
  entry.state = missing(list, entry.dependsOn).length > 0 ? 'blocked' : 'pending';
  list.firstOpen = Math.min(list.firstOpen, Number(entry.id.slice(1)) - 1);
}

export function link(list: ListState, entry: Entry): void {
  for (const id of entry.dependsOn) {
    const dependents = list.dependents.get(id) ?? new Set();
    list.dependents.set(id, dependents.add(entry.id));
  }
}

export function unlink(list: ListState, entry: Entry): void {
  for (const id of entry.dependsOn) list.dependents.get(id)?.delete(entry.id);
}

/** Who may act on tasks of others: the person, the team itself, and the lead. */
export const isTrusted = (by: string): boolean => by === 'user' || by === 'team' || by === 'lead';

export const isClosed = (state: TaskState): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';
