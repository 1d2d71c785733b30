import {
  ANSWER_PLACES,
  type AnswerPlace,
  APPROVAL_KINDS,
  type Approval,
  type ApprovalKind,
  REACHES,
  type Reach,
} from '../protocol/approval.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { isText, type JsonRecord, type Parsed, type RecordHead } from '../store/record.ts';
import { approvalsFile } from './paths.ts';

/** Something was asked for; its id is its place among these. */
export interface Asked extends RecordHead {
  type: 'asked';
  kind: ApprovalKind;
  what: string;
  why: string;
  detail: Record<string, unknown>;
  expires: string;
}

/** An answer; of several to one request the first in the journal counts. */
export interface Answered extends RecordHead {
  type: 'answered';
  request: string;
  state: 'allowed' | 'denied' | 'expired';
  note: string;
  result: Record<string, unknown>;
  /** Where and by whom; records made before these fields have none. */
  where?: AnswerPlace;
  who?: string;
  reach?: Reach;
}

/** A request, and the records that made it what it is. */
export interface Folded {
  approval: Approval;
  record: string;
  answer: string | null;
}

/** What the journal of a team's requests comes to at `now`; changes nothing. */
export function foldApprovals(dir: string, now: number): Folded[] {
  const all = new Map<string, Folded>();
  for (const record of openJournalReader(approvalsFile(dir), parse).read().records) {
    if (record.type === 'answered') {
      const folded = all.get(record.request);
      if (folded !== undefined && folded.answer === null) answer(folded, record);
      continue;
    }
    const asked = askedFor(record, `a${all.size + 1}`, now);
    const twin = record.by === 'team' ? twinOf(asked, all) : undefined;
    all.set(
      asked.id,
      twin === undefined
        ? { approval: asked, record: record.id, answer: null }
        : // Several keepers may ask for the team at once: the first request stands for all.
          {
            approval: { ...asked, ...SAID_BEFORE, note: `as ${twin}` },
            record: record.id,
            answer: record.id,
          },
    );
  }
  return [...all.values()];
}

const SAID_BEFORE = { state: 'expired', answeredBy: 'team', answeredIn: 'record' } as const;

function askedFor(record: Asked, id: string, now: number): Approval {
  const { kind, by, incarnation, what, why, detail, at, expires } = record;
  const state = Date.parse(expires) <= now ? 'expired' : 'open';
  return {
    ...{ id, kind, agent: by, incarnation, what, why, detail, state, created: at, expires },
    ...{ answered: null, answeredBy: null, answeredIn: null, answeredWho: '' },
    ...{ reach: 'team', note: '', result: {} },
  };
}

/** The id of the same request of the team that is not answered at this place of the journal. */
function twinOf({ kind, what }: Approval, all: ReadonlyMap<string, Folded>): string | undefined {
  return [...all.values()].find(
    ({ approval, answer: answered }) =>
      answered === null && approval.agent === 'team' && approval.kind === kind && approval.what === what,
  )?.approval.id;
}

function answer(folded: Folded, record: Answered): void {
  const { state, note, result, at, by, where = null, who = '', reach = 'team' } = record;
  folded.answer = record.id;
  folded.approval = {
    ...folded.approval,
    ...{ state, note, result, reach, answered: at, answeredBy: by, answeredIn: where, answeredWho: who },
  };
}

function parse(record: JsonRecord): Parsed<Asked | Answered> {
  const { type, kind, what, why, detail, expires, request, state, note, result, where, who, reach } = record;
  const isAsked =
    APPROVAL_KINDS.some((known) => known === kind) &&
    isText(what) &&
    isText(why) &&
    isObject(detail) &&
    isText(expires);
  if (type === 'asked' && isAsked) return { record: record as JsonRecord & Asked }; // just checked
  const isAnswered =
    isText(request) &&
    ['allowed', 'denied', 'expired'].includes(String(state)) &&
    isText(note) &&
    (where === undefined || ANSWER_PLACES.some((known) => known === where)) &&
    (who === undefined || isText(who)) &&
    (reach === undefined || REACHES.some((known) => known === reach));
  if (type === 'answered' && isAnswered && isObject(result)) {
    return { record: record as JsonRecord & Answered }; // just checked
  }
  return { malformed: `not a record of an approval: ${type}` };
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
