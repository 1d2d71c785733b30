import { cycleThrough } from './cycle.ts';
import type { CreateRecord, EditRecord } from './records.ts';
import { type Entry, type ListState, missing } from './state.ts';
import { isClosed, link, note, setWaiting, unlink } from './steps.ts';
import { done, refuse, type Verdict } from './verdict.ts';

export function create(list: ListState, record: CreateRecord): Verdict {
  const key = record.key === undefined ? undefined : `${record.by} ${record.key}`;
  const first = key === undefined ? undefined : list.keys.get(key);
  if (first !== undefined) return { counts: true, tasks: [first] };
  const dependsOn = [...new Set(record.dependsOn)];
  const unknown = dependsOn.find((id) => !list.entries.has(id));
  if (unknown !== undefined) return refuse('TASK_UNKNOWN', `There is no task ${unknown} to depend on.`);
  const entry: Entry = {
    ...{ id: `t${list.order.length + 1}`, subject: record.subject, description: record.description },
    ...{ state: missing(list, dependsOn).length > 0 ? 'blocked' : 'pending', reserved: record.owner },
    ...{ claim: null, dependsOn, result: null, evidence: null, reason: null },
    needs: [...new Set(record.needs)],
    ...{ created: record.at, updated: record.at, history: [] },
  };
  list.entries.set(entry.id, entry);
  list.order.push(entry);
  if (key !== undefined) list.keys.set(key, entry.id);
  link(list, entry);
  note(entry, record, 'created', record.subject);
  return done(entry);
}

export function edit(list: ListState, entry: Entry, record: EditRecord): Verdict {
  if (isClosed(entry.state)) return refuse('TASK_STATE', `${entry.id} is ${entry.state}.`);
  const isWaiting = entry.state === 'pending' || entry.state === 'blocked';
  if (!isWaiting && (record.dependsOn !== undefined || record.owner !== undefined)) {
    return refuse(
      'TASK_STATE',
      `${entry.id} is ${entry.state}: release it before its owner or order changes.`,
    );
  }
  if (record.dependsOn !== undefined) {
    const unknown = record.dependsOn.find((id) => !list.entries.has(id));
    if (unknown !== undefined) return refuse('TASK_UNKNOWN', `There is no task ${unknown} to depend on.`);
    const cycle = cycleThrough(list, entry.id, record.dependsOn);
    if (cycle) return refuse('TASK_CYCLE', `That would be a circle: ${cycle.join(' needs ')}.`);
    unlink(list, entry);
    entry.dependsOn = [...new Set(record.dependsOn)];
    link(list, entry);
  }
  if (record.subject !== undefined) entry.subject = record.subject;
  if (record.description !== undefined) entry.description = record.description;
  if (record.owner !== undefined) entry.reserved = record.owner;
  if (record.needs !== undefined) entry.needs = [...new Set(record.needs)];
  const fields = ['subject', 'description', 'dependsOn', 'owner', 'needs'].filter((field) => field in record);
  note(entry, record, 'edited', fields.join(', '));
  if (isWaiting) setWaiting(list, entry);
  return done(entry);
}
