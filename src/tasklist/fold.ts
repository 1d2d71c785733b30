import type { ErrorCode } from '../protocol/errors.ts';
import type { TaskState } from '../protocol/task.ts';
import { cycleThrough } from './cycle.ts';
import type {
  ClaimRecord,
  CreateRecord,
  EditRecord,
  EndedRecord,
  ReleaseRecord,
  TaskRecord,
  UpdateRecord,
} from './records.ts';
import { type Entry, type ListState, missing, ownerOf } from './state.ts';

/** What became of a record at its place: it counts (for which tasks), or why it does not. */
export type Verdict = { counts: true; tasks: string[] } | Refused;
export interface Refused {
  counts: false;
  code: ErrorCode;
  message: string;
  /** Who has the task instead. */
  holder?: string;
}

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

/** The rules that hold for every type. */
function check(list: ListState, record: TaskRecord): Refused | undefined {
  const over = list.ended.get(record.by);
  if (over !== undefined && record.incarnation <= over) {
    return refuse('STALE_WRITER', `Life ${record.incarnation} of ${record.by} is over.`);
  }
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

function create(list: ListState, record: CreateRecord): Verdict {
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
    ...{ created: record.at, updated: record.at, history: [] },
  };
  list.entries.set(entry.id, entry);
  list.order.push(entry);
  if (key !== undefined) list.keys.set(key, entry.id);
  link(list, entry);
  note(entry, record, 'created', record.subject);
  return done(entry);
}

/** Why `who` can't claim a task as it is; undefined when it can. */
export function whyNotClaim(entry: Entry, who: string): Refused | undefined {
  if (entry.state === 'in_progress' || entry.state === 'review') return taken(entry, ownerOf(entry));
  if (entry.state !== 'pending') return refuse('TASK_STATE', `${entry.id} is ${entry.state}.`);
  if (entry.reserved !== null && entry.reserved !== who) return taken(entry, entry.reserved);
  return undefined;
}

function claim(entry: Entry, record: ClaimRecord): Verdict {
  const refused = whyNotClaim(entry, record.by);
  if (refused) return refused;
  entry.state = 'in_progress';
  entry.claim = { by: record.by, incarnation: record.incarnation, token: record.token };
  entry.reason = null;
  note(entry, record, 'claimed', `by ${record.by}`);
  return done(entry);
}

/** From which states an update may come, and who but the holder may make it. */
const MOVES: Partial<
  Record<TaskState, { from: TaskState[]; alsoBy: (from: TaskState, by: string) => boolean }>
> = {
  in_progress: { from: ['in_progress', 'review'], alsoBy: (from, by) => from === 'review' && isTrusted(by) },
  review: { from: ['in_progress'], alsoBy: () => false },
  completed: { from: ['in_progress', 'review'], alsoBy: (from, by) => from === 'review' && isTrusted(by) },
  failed: { from: ['in_progress', 'review'], alsoBy: (from, by) => from === 'review' && isTrusted(by) },
  pending: { from: ['in_progress', 'review'], alsoBy: (_, by) => isTrusted(by) },
};

function update(list: ListState, entry: Entry, record: UpdateRecord): Verdict {
  const { state: to, by } = record;
  const move = MOVES[to];
  const isUser = by === 'user';
  const isOpen = !isClosed(entry.state);
  if (move === undefined || !(move.from.includes(entry.state) || (isUser && isOpen && isClosed(to)))) {
    return refuse('TASK_STATE', `${entry.id} is ${entry.state} and can't become ${to} by an update.`);
  }
  if (!(isHolder(entry, record) || isUser || move.alsoBy(entry.state, by))) return notYours(entry);
  if (record.result !== undefined) entry.result = record.result;
  if (record.evidence !== undefined) entry.evidence = record.evidence;
  if (to === 'pending') {
    // Who gives a task back itself must not be handed it again at once.
    if (entry.reserved === by) entry.reserved = null;
    reopen(list, entry, `released by ${by}`);
    note(entry, record, 'released', `by ${by}`);
  } else if (to === 'in_progress' && isOver(list, entry)) {
    reopen(list, entry, `sent back by ${by}, and ${entry.claim?.by} is gone`);
    note(entry, record, 'released', entry.reason ?? '');
  } else {
    const isSame = entry.state === to;
    entry.state = to;
    entry.reason = to === 'failed' ? `failed by ${by}` : null;
    note(entry, record, isSame ? 'edited' : to, `by ${by}`);
    settle(list, entry, record);
  }
  return done(entry);
}

function edit(list: ListState, entry: Entry, record: EditRecord): Verdict {
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
  const fields = ['subject', 'description', 'dependsOn', 'owner'].filter((field) => field in record);
  note(entry, record, 'edited', fields.join(', '));
  if (isWaiting) setWaiting(list, entry);
  return done(entry);
}

function release(list: ListState, entry: Entry, record: ReleaseRecord): Verdict {
  if (!['in_progress', 'review', 'failed'].includes(entry.state)) {
    return refuse('TASK_STATE', `${entry.id} is ${entry.state}: nobody has it.`);
  }
  if (!isTrusted(record.by) && entry.claim?.by !== record.by) return notYours(entry);
  entry.reserved = null;
  reopen(list, entry, `released: ${record.reason}`);
  note(entry, record, 'released', record.reason);
  return done(entry);
}

function cancel(list: ListState, entry: Entry, record: ReleaseRecord): Verdict {
  if (isClosed(entry.state)) return refuse('TASK_STATE', `${entry.id} is ${entry.state}.`);
  if (!isTrusted(record.by)) return refuse('TASK_NOT_YOURS', 'Only the user and the lead cancel tasks.');
  entry.state = 'cancelled';
  entry.reason = `cancelled: ${record.reason}`;
  note(entry, record, 'cancelled', record.reason);
  settle(list, entry, record);
  return done(entry);
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

function settle(list: ListState, entry: Entry, { by, at }: TaskRecord): void {
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

function reopen(list: ListState, entry: Entry, reason: string): void {
  entry.claim = null;
  setWaiting(list, entry);
  entry.reason = reason;
}

function setWaiting(list: ListState, entry: Entry): void {
  entry.state = missing(list, entry.dependsOn).length > 0 ? 'blocked' : 'pending';
  list.firstOpen = Math.min(list.firstOpen, Number(entry.id.slice(1)) - 1);
}

function link(list: ListState, entry: Entry): void {
  for (const id of entry.dependsOn) {
    const dependents = list.dependents.get(id) ?? new Set();
    list.dependents.set(id, dependents.add(entry.id));
  }
}

function unlink(list: ListState, entry: Entry): void {
  for (const id of entry.dependsOn) list.dependents.get(id)?.delete(entry.id);
}

function note(entry: Entry, { by, at }: Pick<TaskRecord, 'by' | 'at'>, event: string, detail: string): void {
  entry.history.push({ at, by, event, detail });
  if (event !== 'refused') entry.updated = at;
}

function isHolder({ claim }: Entry, { by, incarnation, token }: UpdateRecord): boolean {
  return claim !== null && claim.by === by && claim.incarnation === incarnation && claim.token === token;
}

function isOver(list: ListState, { claim }: Entry): boolean {
  return claim !== null && claim.incarnation <= (list.ended.get(claim.by) ?? -1);
}

/** Who may act on tasks of others: the person, the team itself, and the lead. */
const isTrusted = (by: string): boolean => by === 'user' || by === 'team' || by === 'lead';

const isClosed = (state: TaskState): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';

const done = (entry: Entry): Verdict => ({ counts: true, tasks: [entry.id] });

const refuse = (code: ErrorCode, message: string): Refused => ({ counts: false, code, message });

function taken(entry: Entry, holder: string | null): Refused {
  const how = entry.claim ? 'taken by' : 'reserved for';
  return {
    ...refuse('TASK_TAKEN', `${entry.id} is ${how} ${holder}.`),
    ...(holder === null ? {} : { holder }),
  };
}

function notYours(entry: Entry): Refused {
  const holder = entry.claim?.by;
  const who = holder === undefined ? 'nobody has claimed it' : `it is ${holder}'s`;
  return {
    ...refuse('TASK_NOT_YOURS', `${entry.id} is not yours to change: ${who}.`),
    ...(holder === undefined ? {} : { holder }),
  };
}
