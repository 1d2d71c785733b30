import { isText, type JsonRecord, type Parsed, type RecordHead } from '../../store/record.ts';
import type { State } from './state.ts';

/**
 * What the journal of changes holds; `by` is an agent or `user`, `grant` the grant's name, paths are bytes relative to it, one
 * character each.
 *
 * - `before`: what stood there, written and durable before the first change that its writer makes to it.
 * - `created`, `removed`, `renamed`, `linked`: what was done to names.
 * - `left`: what the writer left behind, so that somebody else's edit is told from it.
 * - `restored`: what was gone is back at its first place. `settled`: the place is as wanted; its past is forgotten.
 */
export type ChangeRecord = RecordHead & { grant: string; path: string } & ChangeBody;

export type ChangeBody =
  | { type: 'before'; was: State }
  | { type: 'created'; is: State /** Time of the folder afterwards. */; in: string }
  | { type: 'removed'; in: string }
  | { type: 'renamed'; to: string; in: string; toIn: string; is: State }
  | { type: 'linked'; to: string; is: State; in: string }
  | { type: 'left'; is: State }
  | { type: 'restored'; is: State /** Number of the node in the fold. */; node: number }
  | { type: 'settled'; node: number };

const FIELDS: Record<ChangeBody['type'], readonly string[]> = {
  before: ['was'],
  created: ['is', 'in'],
  removed: ['in'],
  renamed: ['to', 'in', 'toIn', 'is'],
  linked: ['to', 'is', 'in'],
  left: ['is'],
  restored: ['is', 'node'],
  settled: ['node'],
};

/** Checks a record of the journal of changes; by hand, as agents write them by the thousand. */
export function parseChange(record: JsonRecord): Parsed<ChangeRecord> {
  const fields = Object.hasOwn(FIELDS, record.type) ? FIELDS[record.type as ChangeBody['type']] : undefined;
  const isWhole =
    fields?.every((field) => isFieldOf(field, record[field])) && isText(record.grant) && isText(record.path);
  if (!isWhole) return { malformed: `not a record of a change: ${record.type}` };
  return { record: record as unknown as ChangeRecord }; // just checked
}

function isFieldOf(field: string, value: unknown): boolean {
  if (field === 'node') return Number.isSafeInteger(value);
  return field === 'was' || field === 'is' ? isState(value) : isText(value);
}

/** Checks what a journal says that stood at a place. */
export function isState(value: unknown): value is State {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, mode, size, mtime, atime, ctime, file, links, uid, gid, kept, link, target, isTaken } =
    value as Record<string, unknown>;
  const texts = [kind, mtime, atime, ctime, file].every(isText);
  const numbers = [mode, size, links, uid, gid].every((each) => Number.isSafeInteger(each));
  const isMarked = isTaken === undefined || typeof isTaken === 'boolean';
  const isKept = (name: unknown) => name === undefined || (isText(name) && KEPT.test(name));
  const names = isKept(kept) && isKept(link) && (target === undefined || isText(target));
  return texts && numbers && names && isMarked;
}

/** A kept version is a file of an agent's folder below `checkpoints/`, and nothing else. */
const KEPT = /^[a-z0-9][a-z0-9-]*\/[0-9A-Z]+$/;
