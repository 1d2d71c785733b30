import type { Evidence, TaskState } from '../protocol/task.ts';
import type { ClaimRecord, ReleaseRecord, UpdateRecord } from './records.ts';
import { type Entry, type ListState, ownerOf } from './state.ts';
import { isClosed, isTrusted, note, reopen, settle } from './steps.ts';
import { done, notYours, type Refused, refuse, taken, type Verdict } from './verdict.ts';

export function claim(entry: Entry, record: ClaimRecord): Verdict {
  const refused = whyNotClaim(entry, record.by);
  if (refused) return refused;
  entry.state = 'in_progress';
  entry.claim = { by: record.by, incarnation: record.incarnation, token: record.token };
  entry.reason = null;
  note(entry, record, 'claimed', `by ${record.by}`);
  return done(entry);
}

/** Why `who` can't claim a task as it is; undefined when it can. */
export function whyNotClaim(entry: Entry, who: string): Refused | undefined {
  if (entry.state === 'in_progress' || entry.state === 'review') return taken(entry, ownerOf(entry));
  if (entry.state !== 'pending') return refuse('TASK_STATE', `${entry.id} is ${entry.state}.`);
  if (entry.reserved !== null && entry.reserved !== who) return taken(entry, entry.reserved);
  return undefined;
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

export function update(list: ListState, entry: Entry, record: UpdateRecord): Verdict {
  const { state: to, by } = record;
  const move = MOVES[to];
  const isUser = by === 'user';
  const isOpen = !isClosed(entry.state);
  if (move === undefined || !(move.from.includes(entry.state) || (isUser && isOpen && isClosed(to)))) {
    return refuse('TASK_STATE', `${entry.id} is ${entry.state} and can't become ${to} by an update.`);
  }
  const judges = entry.state === 'review' && entry.needs.includes('review') && by !== entry.claim?.by;
  if (!(isHolder(entry, record) || isUser || judges || move.alsoBy(entry.state, by))) return notYours(entry);
  const lacking = isUser ? undefined : whyNotSettled(entry, record);
  if (lacking) return lacking;
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

export function release(list: ListState, entry: Entry, record: ReleaseRecord): Verdict {
  if (!['in_progress', 'review', 'failed'].includes(entry.state)) {
    return refuse('TASK_STATE', `${entry.id} is ${entry.state}: nobody has it.`);
  }
  if (!isTrusted(record.by) && entry.claim?.by !== record.by) return notYours(entry);
  entry.reserved = record.owner ?? null;
  reopen(list, entry, `released: ${record.reason}`);
  note(
    entry,
    record,
    'released',
    record.owner ? `${record.reason}; kept for ${record.owner}` : record.reason,
  );
  return done(entry);
}

export function cancel(list: ListState, entry: Entry, record: ReleaseRecord): Verdict {
  if (isClosed(entry.state)) return refuse('TASK_STATE', `${entry.id} is ${entry.state}.`);
  if (!isTrusted(record.by)) return refuse('TASK_NOT_YOURS', 'Only the user and the lead cancel tasks.');
  entry.state = 'cancelled';
  entry.reason = `cancelled: ${record.reason}`;
  note(entry, record, 'cancelled', record.reason);
  settle(list, entry, record);
  return {
    counts: true,
    tasks: [entry.id, ...(record.cascade ? cancelDependents(list, entry, record) : [])],
  };
}

/** What waits for a task that is cancelled can never begin: it is cancelled with it, and what waits for that. */
function cancelDependents(list: ListState, cause: Entry, record: ReleaseRecord): string[] {
  const cancelled: string[] = [];
  const waiting = [...(list.dependents.get(cause.id) ?? [])];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const entry = list.entries.get(id);
    if (entry?.state !== 'blocked') continue;
    entry.state = 'cancelled';
    entry.reason = `cancelled with ${cause.id}: ${record.reason}`;
    note(entry, record, 'cancelled', `with ${cause.id}`);
    settle(list, entry, record);
    cancelled.push(id);
    waiting.push(...(list.dependents.get(id) ?? []));
  }
  return cancelled;
}

/** What a task asks for and has not got. */
function whyNotSettled(entry: Entry, { state, by, evidence }: UpdateRecord): Refused | undefined {
  if (state !== 'completed' && state !== 'review') return undefined;
  if (entry.needs.includes('evidence')) {
    const lack = whyNoProof(evidence ?? entry.evidence);
    if (lack) return refuse('TASK_EVIDENCE_MISSING', `${entry.id} needs evidence: ${lack}.`);
  }
  if (state === 'completed' && entry.needs.includes('review')) {
    const isJudged = entry.state === 'review' && by !== entry.claim?.by;
    if (!isJudged) return refuse('TASK_REVIEW_MISSING', `${entry.id} needs a review by somebody else.`);
  }
  return undefined;
}

function whyNoProof(evidence: Evidence | null): string | undefined {
  if (evidence === null || typeof evidence === 'string')
    return 'a command with its exit code, or an artifact';
  const { command, exitCode, artifact } = evidence;
  if (exitCode !== undefined && exitCode !== 0) return `its command ended with ${exitCode}`;
  if (command !== undefined && exitCode === undefined && artifact === undefined)
    return 'the exit code is missing';
  return command === undefined && artifact === undefined ? 'it names no command and no artifact' : undefined;
}

function isHolder({ claim }: Entry, { by, incarnation, token }: UpdateRecord): boolean {
  return claim !== null && claim.by === by && claim.incarnation === incarnation && claim.token === token;
}

function isOver(list: ListState, { claim }: Entry): boolean {
  return claim !== null && claim.incarnation <= (list.ended.get(claim.by) ?? -1);
}
