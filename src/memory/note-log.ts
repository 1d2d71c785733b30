import { join } from 'node:path';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { isText, isTextOrNull, type Parsed, RECORD_VERSION, type RecordHead } from '../store/record.ts';
import type { Note, NoteWriter } from './note.ts';

/** Somebody wrote a note, or deleted it. */
interface Written extends RecordHead {
  type: 'written';
  note: string;
  /** Null: it was deleted. */
  revision: string | null;
  team: string | null;
}

/** The user has agreed to a note that was not written by cowork. */
interface Agreed extends RecordHead {
  type: 'agreed';
  note: string;
  revision: string;
}

/** The user has taken back all consent to notes. */
interface Withdrawn extends RecordHead {
  type: 'withdrawn';
}

type ShelfRecord = Written | Agreed | Withdrawn;

/** What was written down of the notes of a shelf. */
export interface NoteLog {
  /** Who wrote this revision; null when it was somebody past cowork. */
  writerOf(name: string, revision: string): Note['by'];
  /** Whether cowork wrote this revision, or the user agreed to it, since the note was last deleted. */
  knows(name: string, revision: string): boolean;
  /** Of which notes there is a revision that it knows. */
  names(): string[];
}

/** Reads who wrote what, from the log of a shelf. A damaged line counts for nothing. */
export function readNoteLog(folder: string): NoteLog {
  const known = new Map<string, Map<string, Written | Agreed>>();
  for (const record of openJournalReader(logFile(folder), parse).read().records) {
    if (record.type === 'withdrawn') withdraw(known);
    else if (record.revision === null) known.delete(record.note);
    else {
      const revisions = known.get(record.note) ?? new Map<string, Written | Agreed>();
      known.set(record.note, revisions.set(record.revision, record));
    }
  }
  return {
    writerOf: (name, revision) => {
      const revisions = known.get(name);
      const record = revisions?.get(revision) ?? revisions?.get(revision.slice(0, SHORT));
      return record?.type === 'written' ? { agent: record.by, team: record.team } : null;
    },
    knows: (name, revision) => known.get(name)?.has(revision) === true,
    names: () => [...known.keys()],
  };
}

/** Revisions had so many digits once: enough to see a change, and not to agree to a text of somebody else's making. */
const SHORT = 12;

function withdraw(known: Map<string, Map<string, Written | Agreed>>): void {
  for (const [name, revisions] of known) {
    for (const [revision, { type }] of revisions) if (type === 'agreed') revisions.delete(revision);
    if (revisions.size === 0) known.delete(name);
  }
}

/** Writes down who writes a revision (null: deletes the note), durably. */
export async function noteWritten(
  folder: string,
  name: string,
  revision: string | null,
  { agent, team }: NoteWriter,
): Promise<void> {
  await append(folder, { ...(await head(agent)), type: 'written', note: name, revision, team });
}

/** Writes down that the user agrees to a revision, durably. */
export async function noteAgreed(folder: string, name: string, revision: string): Promise<void> {
  await append(folder, { ...(await head('user')), type: 'agreed', note: name, revision });
}

/** Writes down that the user takes back all consent, durably. */
export async function noteWithdrawn(folder: string): Promise<void> {
  await append(folder, { ...(await head('user')), type: 'withdrawn' });
}

const head = async (by: string) =>
  ({ v: RECORD_VERSION, id: (await loadIds())(), by, incarnation: 0, at: new Date().toISOString() }) as const;

const append = (folder: string, record: ShelfRecord): Promise<void> =>
  openJournal(logFile(folder)).append(record);

const logFile = (folder: string): string => join(folder, 'log.jsonl');

function parse(record: RecordHead & { [field: string]: unknown }): Parsed<ShelfRecord> {
  const { type, note, revision, team } = record;
  const isWritten = type === 'written' && isText(note) && isTextOrNull(revision) && isTextOrNull(team);
  const isAgreed = type === 'agreed' && isText(note) && isText(revision);
  if (!isWritten && !isAgreed && type !== 'withdrawn') return { malformed: 'not of a shelf' };
  return { record: record as unknown as ShelfRecord }; // the checks above make it one
}
