import { create, edit } from './planning.ts';
import type { EndedRecord, TaskRecord } from './records.ts';
import type { Entry, ListState } from './state.ts';
import { isClosed, note, reopen } from './steps.ts';
import { type Refused, refuse, type Verdict } from './verdict.ts';
import { cancel, claim, release, update } from './working.ts';

export type { Verdict } from './verdict.ts';

/**
 * Folds one record into the list, checking every rule at the record's place in the order. This is the only place that
 * decides: whatever a writer thought it knew, a record that breaks a rule here changes nothing, for every reader alike.
 */
export function fold(list: ListState, record: TaskRecord): Verdict {
  list.revision++;
  const verdict = check(list, record) ?? apply(list, record);
  const entry = 'task' in record ? list.entries.get(record.task) : undefined;
  if (!verdict.counts && entry) {
    note(entry, record, 'refused', `${record.type} by ${record.by}: ${verdict.message}`);
  }
  return verdict;
}

/** Refuses a life that is over. */
export function whyStale(
  list: ListState,
  { by, incarnation }: { by: string; incarnation: number },
): Refused | undefined {
  const over = list.ended.get(by);
  if (over === undefined || incarnation > over) return undefined;
  return refuse('STALE_WRITER', `Life ${incarnation} of ${by} is over.`);
}

/** The rules that hold for every type. */
function check(list: ListState, record: TaskRecord): Refused | undefined {
  const stale = whyStale(list, record);
  if (stale) return stale;
  if ('fence' in record && record.fence !== undefined && record.fence !== list.fence) {
    return refuse('LOCK_LOST', 'Somebody else had taken the lock of the task list before this was written.');
  }
  if ('task' in record && !list.entries.has(record.task)) {
    return refuse('TASK_UNKNOWN', `There is no task ${record.task}.`);
  }
  return undefined;
}

function apply(list: ListState, record: TaskRecord): Verdict {
  switch (record.type) {
    case 'create':
      return create(list, record);
    case 'ended':
      return end(list, record);
    case 'locked':
      list.fence = record.id;
      return { counts: true, tasks: [] };
  }
  const entry = list.entries.get(record.task) as Entry; // `check` has refused unknown tasks
  switch (record.type) {
    case 'claim':
      return claim(entry, record);
    case 'update':
      return update(list, entry, record);
    case 'edit':
      return edit(list, entry, record);
    case 'release':
      return release(list, entry, record);
    case 'cancel':
      return cancel(list, entry, record);
  }
}

/** A task in review stays there: its work is done, and others can judge it. */
function end(list: ListState, record: EndedRecord): Verdict {
  const { agent, upTo, reason, isFinal } = record;
  list.ended.set(agent, Math.max(upTo, list.ended.get(agent) ?? 0));
  const released: string[] = [];
  for (const entry of list.order) {
    if (isFinal && entry.reserved === agent && !isClosed(entry.state)) {
      entry.reserved = null;
      entry.updated = record.at;
    }
    if (entry.state !== 'in_progress' || entry.claim?.by !== agent || entry.claim.incarnation > upTo)
      continue;
    reopen(list, entry, `released: ${reason}`);
    note(entry, record, 'released', reason);
    released.push(entry.id);
  }
  return { counts: true, tasks: released };
}
