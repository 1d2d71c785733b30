import {
  type AnswerPlace,
  type Approval,
  type ApprovalKind,
  ASKS,
  type Reach,
} from '../protocol/approval.ts';
import { CoworkError } from '../protocol/errors.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { RECORD_VERSION } from '../store/record.ts';
import { closeAlert, raiseAlert } from './alerts.ts';
import { type Answered, type Asked, foldApprovals } from './approval-records.ts';
import { approvalsFile, homeOf } from './paths.ts';

/** What is asked for. */
export interface Question {
  kind: ApprovalKind;
  /** An agent, or `team`. */
  agent: string;
  incarnation: number;
  what: string;
  why: string;
  detail?: Record<string, unknown>;
  /** How long it stays open, in milliseconds; then it counts as denied. Without it, as the user's settings say. */
  timeoutMs?: number;
}

/** An answer to a request; `expired` is the team's own. */
export interface Answer {
  id: string;
  state: 'allowed' | 'denied' | 'expired';
  /** Who decides; a lead only on plans. */
  by: 'user' | 'team' | 'lead';
  where: AnswerPlace;
  /** The user of the system, as far as known. */
  who?: string;
  reach?: Reach;
  note?: string;
  result?: Record<string, unknown>;
}

/** Most open requests of one agent: a person has to read them. */
export const MOST_OPEN = 20;
const ALERT = 'approval';
/** Of these no alert tells: a plan is the lead's to decide as well, and a limit that is reached has an alert of its own. */
const WITHOUT_ALERT: readonly ApprovalKind[] = ['plan', 'budget'];

/**
 * Asks the user for something, durably, and raises an alert. What is asked for already and still open is not asked twice. Waits for no
 * answer. Throws APPROVALS_FULL, SETTINGS_INVALID.
 */
export async function askApproval(dir: string, question: Question, now = Date.now()): Promise<Approval> {
  const { kind, agent, incarnation, what, why } = question;
  const open = openApprovals(dir, now).filter((approval) => approval.agent === agent);
  const isSame = (approval: Approval): boolean =>
    approval.agent === agent && approval.kind === kind && approval.what === what;
  const same = open.find(isSame);
  if (same !== undefined) return same;
  if (open.length >= MOST_OPEN) {
    throw new CoworkError('APPROVALS_FULL', `${agent} has ${open.length} open requests.`);
  }
  const asked: Asked = {
    ...(await head(agent, incarnation, now)),
    ...{ type: 'asked', kind, what, why, detail: question.detail ?? {} },
    expires: new Date(now + (question.timeoutMs ?? (await openMs(dir, kind)))).toISOString(),
  };
  await openJournal(approvalsFile(dir)).append(asked);
  await raiseFor(dir, agent, kind, what);
  const all = foldApprovals(dir, now);
  const made = all.find(({ record }) => record === asked.id)?.approval;
  if (made === undefined) throw new CoworkError('INTERNAL', `A request is not in ${approvalsFile(dir)}.`);
  // Asked twice at once for the team: the first stands for both.
  return made.state === 'open' ? made : (openApprovals(dir, now).find(isSame) ?? made);
}

async function openMs(dir: string, kind: ApprovalKind): Promise<number> {
  const { approvalMinutes, readSettings } = await import('./settings.ts'); // asked for rarely, and heavy
  return approvalMinutes(readSettings(homeOf(dir)), kind) * 60_000;
}

/**
 * Answers a request, once: of several answers the first in the journal counts. Throws APPROVAL_UNKNOWN, and APPROVAL_SETTLED, which says who was
 * first.
 */
export async function answerApproval(dir: string, answer: Answer, now = Date.now()): Promise<Approval> {
  const before = findApproval(dir, answer.id, now);
  const isLate = before.state === 'expired' && before.answered === null && answer.state === 'expired';
  if (before.state !== 'open' && !isLate) throw settled(before);
  const { by, where, who = '', reach = 'team', state, note = '', result = {} } = answer;
  const record: Answered = {
    ...(await head(by, 0, now)),
    ...{ type: 'answered', request: answer.id, state, note, result, where, who, reach },
  };
  await openJournal(approvalsFile(dir)).append(record);
  const after = foldApprovals(dir, now).find(({ approval }) => approval.id === answer.id);
  if (after === undefined || after.answer !== record.id) throw settled(after?.approval ?? before);
  const { agent } = after.approval;
  const isWaiting = (approval: Approval): boolean =>
    approval.agent === agent && !WITHOUT_ALERT.includes(approval.kind);
  if (!openApprovals(dir, now).some(isWaiting)) await closeAlert(dir, agent === 'team' ? null : agent, ALERT);
  return after.approval;
}

async function raiseFor(dir: string, agent: string, kind: ApprovalKind, what: string): Promise<void> {
  if (WITHOUT_ALERT.includes(kind)) return;
  const text = `${agent} ${ASKS[kind]}: ${what}. See \`cowork approvals\`.`;
  await raiseAlert(dir, agent === 'team' ? null : agent, ALERT, text);
}

/** Who said what when to a request, in words: `allowed by user (me pts/3) in the browser at …`; `over without an answer at …`. */
export function describeAnswer(approval: Approval): string {
  const { state, answered, answeredBy, answeredIn, answeredWho } = approval;
  if (answered === null) return state === 'expired' ? 'over without an answer' : state;
  const when = `at ${answered.slice(0, 19).replace('T', ' ')}`;
  if (state === 'expired') return `over without an answer ${when}`;
  const who = answeredWho === '' ? '' : ` (${answeredWho})`;
  const where = answeredIn === null || answeredIn === 'record' ? '' : ` ${PLACE[answeredIn]}`;
  return `${state} by ${answeredBy}${who}${where} ${when}`;
}

const PLACE: Record<Exclude<AnswerPlace, 'record'>, string> = {
  'command line': 'on the command line',
  pane: 'in a pane',
  browser: 'in the browser',
  team: 'in the team',
};

function settled(approval: Approval): CoworkError {
  const how = describeAnswer(approval);
  return new CoworkError('APPROVAL_SETTLED', `Request ${approval.id} is settled already: ${how}.`);
}

/** Answers what nobody has answered in time: no. */
export async function expireApprovals(dir: string, agent: string, now = Date.now()): Promise<void> {
  for (const approval of listApprovals(dir, now)) {
    if (approval.agent !== agent || approval.state !== 'expired' || approval.answeredBy !== null) continue;
    await answerApproval(dir, { id: approval.id, state: 'expired', by: 'team', where: 'team' }, now);
  }
}

/** Raises the alert of each agent that has an open request; for a team that was made with requests. */
export async function raiseOpenRequests(dir: string): Promise<void> {
  for (const { agent, kind, what } of openApprovals(dir)) await raiseFor(dir, agent, kind, what);
}

/** Takes back an open request that has no more point, or says that what was asked for came otherwise; one that is answered just now stays so. */
export async function settleOtherwise(
  dir: string,
  id: string,
  state: 'allowed' | 'expired',
  note: string,
): Promise<void> {
  await answerApproval(dir, { id, state, by: 'team', where: 'record', note }).catch((error: unknown) => {
    if (!(error instanceof CoworkError) || error.code !== 'APPROVAL_SETTLED') throw error;
  });
}

/** All requests of the team, the oldest first; changes nothing. */
export const listApprovals = (dir: string, now = Date.now()): Approval[] =>
  foldApprovals(dir, now).map(({ approval }) => approval);

export const openApprovals = (dir: string, now = Date.now()): Approval[] =>
  listApprovals(dir, now).filter(({ state }) => state === 'open');

/** Throws APPROVAL_UNKNOWN. */
export function findApproval(dir: string, id: string, now = Date.now()): Approval {
  const found = listApprovals(dir, now).find((approval) => approval.id === id);
  if (found === undefined) throw new CoworkError('APPROVAL_UNKNOWN', `There is no request ${id}.`);
  return found;
}

async function head(by: string, incarnation: number, now: number) {
  const ids = await loadIds();
  return { v: RECORD_VERSION, id: ids(), by, incarnation, at: new Date(now).toISOString() } as const;
}
