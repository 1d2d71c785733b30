import type { ErrorCode } from '../protocol/errors.ts';
import type { Entry } from './state.ts';

/** What became of a record at its place: it counts (for which tasks), or why it does not. */
export type Verdict = { counts: true; tasks: string[] } | Refused;
export interface Refused {
  counts: false;
  code: ErrorCode;
  message: string;
  /** Who has the task instead. */
  holder?: string;
}

export const done = (entry: Entry): Verdict => ({ counts: true, tasks: [entry.id] });

export const refuse = (code: ErrorCode, message: string): Refused => ({ counts: false, code, message });

export function taken(entry: Entry, holder: string | null): Refused {
  const how = entry.claim ? 'taken by' : 'reserved for';
  return {
    ...refuse('TASK_TAKEN', `${entry.id} is ${how} ${holder}.`),
    ...(holder === null ? {} : { holder }),
  };
}

export function notYours(entry: Entry): Refused {
  const holder = entry.claim?.by;
  const who = holder === undefined ? 'nobody has claimed it' : `it is ${holder}'s`;
  return {
    ...refuse('TASK_NOT_YOURS', `${entry.id} is not yours to change: ${who}.`),
    ...(holder === undefined ? {} : { holder }),
  };
}
