import { CoworkError } from '../protocol/errors.ts';
import { loadIds } from './ids.ts';
import { openJournal } from './journal.ts';
import { openJournalReader } from './journal-reader.ts';
import type { StoreOptions } from './options.ts';
import { isAlive, isProcessIdentity, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { isCount, isText, type JsonRecord, type Parsed, RECORD_VERSION, type RecordHead } from './record.ts';

/** A process stands for the role. */
interface Candidate extends RecordHead {
  type: 'candidate';
  process: ProcessIdentity;
}

/** It stands no longer. */
interface Resigned extends RecordHead {
  type: 'resigned';
  candidate: string;
}

/** Who stands behind this in a life up to that one comes too late. */
interface Closed extends RecordHead {
  type: 'closed';
  upTo: number;
}

/** The role is this process's until `resign`, or its death; or who has it: nobody, when it was closed for this life. */
export type RoleOutcome =
  | { held: true; resign: () => Promise<void>; assertHeld: () => void }
  | { held: false; holder: ProcessIdentity | undefined };

/**
 * Stands for a role that one process at most may have: a team's supervisor, an agent's keeper.
 *
 * Each candidate appends itself to `file`; the role is the first one's that has not resigned and is alive. The order of
 * the file is the same for all and the dead do not come back, so two can never both be the first. A lock could not do
 * it: to free a dead holder's lock a candidate must look, and then take away, and another may have got it in between.
 */
export async function holdRole(
  file: string,
  { by, incarnation = 0, ...options }: { by: string; incarnation?: number } & StoreOptions,
): Promise<RoleOutcome> {
  const ids = options.ids ?? (await loadIds());
  const clock = options.clock ?? Date.now;
  const journal = openJournal(file, { durable: options.durable ?? true });
  const head = () =>
    ({ v: RECORD_VERSION, id: ids(), by, incarnation, at: new Date(clock()).toISOString() }) as const;

  const candidate: Candidate = { ...head(), type: 'candidate', process: ownIdentity() };
  await journal.append(candidate);
  const resign = () => {
    const resigned: Resigned = { ...head(), type: 'resigned', candidate: candidate.id };
    return journal.append(resigned);
  };

  /** Who can't look does not know that the role is its own, and must not stand in the way of others as long as it lives. */
  const lookOrResign = async () => {
    try {
      return look(file);
    } catch (error) {
      await resign().catch(() => {}); // what went wrong is in `error`
      throw error;
    }
  };

  const { first, late } = await lookOrResign();
  if (late.has(candidate.id) || (first !== undefined && first.id !== candidate.id)) {
    await resign();
    return { held: false, holder: first?.process };
  }
  const assertHeld = () => {
    if (look(file).first?.id !== candidate.id) {
      throw new CoworkError('STALE_WRITER', `This process is no longer the one that ${file} names.`);
    }
  };
  assertHeld();
  return { held: true, resign, assertHeld };
}

/** Reads which process has a role now; undefined when none has. Changes nothing. */
export function roleHolder(file: string): ProcessIdentity | undefined {
  return look(file).first?.process;
}

/**
 * Sees to it that no process gets the role any more for a life up to `upTo`, however long it was on its way. Returns who has
 * the role all the same, because it stood for it before.
 */
export async function closeRole(
  file: string,
  { by, upTo, ...options }: { by: string; upTo: number } & StoreOptions,
): Promise<ProcessIdentity | undefined> {
  const id = (options.ids ?? (await loadIds()))();
  const at = new Date((options.clock ?? Date.now)()).toISOString();
  const closed: Closed = { v: RECORD_VERSION, id, by, incarnation: 0, at, type: 'closed', upTo };
  await openJournal(file, { durable: options.durable ?? true }).append(closed);
  return roleHolder(file);
}

/** The first candidate that lives, has not resigned and was not too late; and the ids of those who were. */
function look(file: string): { first: Candidate | undefined; late: Set<string> } {
  const { records } = openJournalReader(file, parseRole).read();
  const resigned = new Set(records.map((record) => (record.type === 'resigned' ? record.candidate : '')));
  const late = new Set<string>();
  let closedUpTo = -1;
  let first: Candidate | undefined;
  for (const record of records) {
    if (record.type === 'closed') closedUpTo = Math.max(closedUpTo, record.upTo);
    if (record.type !== 'candidate') continue;
    if (record.incarnation <= closedUpTo) late.add(record.id);
    else if (first === undefined && !resigned.has(record.id) && isAlive(record.process)) first = record;
  }
  return { first, late };
}

function parseRole(record: JsonRecord): Parsed<Candidate | Resigned | Closed> {
  if (record.type === 'candidate' && isProcessIdentity(record.process)) {
    return { record: record as JsonRecord & Candidate }; // just checked
  }
  if (record.type === 'resigned' && isText(record.candidate)) {
    return { record: record as JsonRecord & Resigned }; // just checked
  }
  if (record.type === 'closed' && isCount(record.upTo)) {
    return { record: record as JsonRecord & Closed }; // just checked
  }
  return { malformed: `not a record of a role: ${record.type}` };
}
