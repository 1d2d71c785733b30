import { APPROVAL_KINDS, type Approval, type ApprovalKind } from '../protocol/approval.ts';
import { CoworkError } from '../protocol/errors.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { isText, type JsonRecord, type Parsed, RECORD_VERSION, type RecordHead } from '../store/record.ts';
import { closeAlert, raiseAlert } from './alerts.ts';
import { approvalsFile } from './paths.ts';

/** What an agent asks for. */
export interface Question {
  kind: ApprovalKind;
  agent: string;
  incarnation: number;
  what: string;
  why: string;
  detail?: Record<string, unknown>;
  /** How long it stays open, in milliseconds; then it counts as denied. */
  timeoutMs?: number;
}

/** An answer to a request; `expired` is the team's own. */
export interface Answer {
  id: string;
  state: 'allowed' | 'denied' | 'expired';
  by: 'user' | 'team';
  note?: string;
  result?: Record<string, unknown>;
}

interface Asked extends RecordHead {
  type: 'asked';
  kind: ApprovalKind;
  what: string;
  why: string;
  detail: Record<string, unknown>;
  expires: string;
}

interface Answered extends RecordHead {
  type: 'answered';
  request: string;
  state: Answer['state'];
  note: string;
  result: Record<string, unknown>;
}

const OPEN_MS = 24 * 3600 * 1000;
/** Most open requests of one agent: a person has to read them. */
export const MOST_OPEN = 20;
const ALERT = 'approval';

/**
 * Asks the user for something, durably, and raises an alert. What the agent has asked for already and is still open is
 * not asked twice. Waits for no answer. Throws APPROVALS_FULL.
 */
export async function askApproval(dir: string, question: Question, now = Date.now()): Promise<Approval> {
  const { kind, agent, incarnation, what, why } = question;
  const open = openApprovals(dir, now).filter((approval) => approval.agent === agent);
  const same = open.find((approval) => approval.kind === kind && approval.what === what);
  if (same !== undefined) return same;
  if (open.length >= MOST_OPEN) {
    throw new CoworkError('APPROVALS_FULL', `${agent} has ${open.length} open requests.`);
  }
  const asked: Asked = {
    ...(await head(agent, incarnation, now)),
    ...{ type: 'asked', kind, what, why, detail: question.detail ?? {} },
    expires: new Date(now + (question.timeoutMs ?? OPEN_MS)).toISOString(),
  };
  await openJournal(approvalsFile(dir)).append(asked);
  await raiseFor(dir, agent, kind, what);
  const made = fold(dir, now).find(({ record }) => record === asked.id);
  if (made === undefined) throw new CoworkError('INTERNAL', `A request is not in ${approvalsFile(dir)}.`);
  return made.approval;
}

/**
 * Answers a request, once: of several answers the first in the journal counts. Throws APPROVAL_UNKNOWN,
 * APPROVAL_SETTLED.
 */
export async function answerApproval(dir: string, answer: Answer, now = Date.now()): Promise<Approval> {
  const settled = (approval: Approval): CoworkError =>
    new CoworkError('APPROVAL_SETTLED', `Request ${answer.id} is ${approval.state} already.`);
  const before = findApproval(dir, answer.id, now);
  const isLate = before.state === 'expired' && before.answered === null && answer.state === 'expired';
  if (before.state !== 'open' && !isLate) throw settled(before);
  const record: Answered = {
    ...(await head(answer.by, 0, now)),
    ...{ type: 'answered', request: answer.id, state: answer.state },
    ...{ note: answer.note ?? '', result: answer.result ?? {} },
  };
  await openJournal(approvalsFile(dir)).append(record);
  const after = fold(dir, now).find(({ approval }) => approval.id === answer.id);
  if (after === undefined || after.answer !== record.id) throw settled(after?.approval ?? before);
  const { agent } = after.approval;
  if (!openApprovals(dir, now).some((approval) => approval.agent === agent))
    await closeAlert(dir, agent, ALERT);
  return after.approval;
}

const raiseFor = (dir: string, agent: string, kind: ApprovalKind, what: string): Promise<void> =>
  raiseAlert(dir, agent, ALERT, `${agent} asks for a ${kind}: ${what}. See \`cowork approvals\`.`);

/** Answers what nobody has answered in time: no. */
export async function expireApprovals(dir: string, agent: string, now = Date.now()): Promise<void> {
  for (const approval of listApprovals(dir, now)) {
    if (approval.agent !== agent || approval.state !== 'expired' || approval.answered !== null) continue;
    await answerApproval(dir, { id: approval.id, state: 'expired', by: 'team' }, now);
  }
}

/** Raises the alert of each agent that has an open request; for a team that was made with requests. */
export async function raiseOpenRequests(dir: string): Promise<void> {
  for (const { agent, kind, what } of openApprovals(dir)) await raiseFor(dir, agent, kind, what);
}

/** All requests of the team, the oldest first; changes nothing. */
export const listApprovals = (dir: string, now = Date.now()): Approval[] =>
  fold(dir, now).map(({ approval }) => approval);

export const openApprovals = (dir: string, now = Date.now()): Approval[] =>
  listApprovals(dir, now).filter(({ state }) => state === 'open');

/** Throws APPROVAL_UNKNOWN. */
export function findApproval(dir: string, id: string, now = Date.now()): Approval {
  const found = listApprovals(dir, now).find((approval) => approval.id === id);
  if (found === undefined) throw new CoworkError('APPROVAL_UNKNOWN', `There is no request ${id}.`);
  return found;
}

interface Folded {
  approval: Approval;
  /** Ids of the records that made it what it is. */
  record: string;
  answer: string | null;
}

function fold(dir: string, now: number): Folded[] {
  const all = new Map<string, Folded>();
  for (const record of openJournalReader(approvalsFile(dir), parse).read().records) {
    if (record.type === 'asked') {
      const { kind, by, incarnation, what, why, detail, at, expires } = record;
      const id = `a${all.size + 1}`;
      const state = Date.parse(expires) <= now ? 'expired' : 'open';
      const approval: Approval = {
        ...{ id, kind, agent: by, incarnation, what, why, detail, state, created: at, expires },
        ...{ answered: null, answeredBy: null, note: '', result: {} },
      };
      all.set(id, { approval, record: record.id, answer: null });
      continue;
    }
    const folded = all.get(record.request);
    if (folded === undefined || folded.answer !== null) continue;
    folded.answer = record.id;
    const { state, note, result, at, by } = record;
    folded.approval = { ...folded.approval, state, note, result, answered: at, answeredBy: by };
  }
  return [...all.values()];
}

function parse(record: JsonRecord): Parsed<Asked | Answered> {
  const { type, kind, what, why, detail, expires, request, state, note, result } = record;
  const isAsked =
    APPROVAL_KINDS.some((known) => known === kind) &&
    isText(what) &&
    isText(why) &&
    isObject(detail) &&
    isText(expires);
  if (type === 'asked' && isAsked) return { record: record as JsonRecord & Asked }; // just checked
  const isAnswered =
    isText(request) && ['allowed', 'denied', 'expired'].includes(String(state)) && isText(note);
  if (type === 'answered' && isAnswered && isObject(result)) {
    return { record: record as JsonRecord & Answered }; // just checked
  }
  return { malformed: `not a record of an approval: ${type}` };
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function head(by: string, incarnation: number, now: number) {
  const ids = await loadIds();
  return { v: RECORD_VERSION, id: ids(), by, incarnation, at: new Date(now).toISOString() } as const;
}
