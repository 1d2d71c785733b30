import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode, makeFolder, syncFolder } from '../store/folders.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { isText, RECORD_VERSION, type RecordHead } from '../store/record.ts';
import { replaceFile } from '../store/replace-file.ts';
import { inTurn } from '../store/turn.ts';
import { whatLooksSecret } from './secrets.ts';

/** One thing that is remembered. */
export interface Note {
  /** Name of its file. */
  name: string;
  /** Its first line, for lists. */
  title: string;
  text: string;
  /** Of its text: whoever has seen another one must look again before it changes it. */
  revision: string;
  bytes: number;
  /** ISO 8601. */
  updated: string;
  /** Agent and team that wrote it as it is; null when it was somebody with an editor. */
  by: { agent: string; team: string | null } | null;
}

/** Who writes; `team` is null for the user. */
export interface NoteWriter {
  agent: string;
  team: string | null;
}

/** Notes that belong together: the user's, or a project's. */
export interface Shelf {
  readonly folder: string;
  list(): Note[];
  /** Undefined when there is none. */
  read(name: string): Note | undefined;
  /**
   * Replaces a note whole with what `change` makes of the present one (undefined: none); null deletes it. Nobody else writes in
   * between. Throws what `change` throws, MEMORY_INVALID, MEMORY_SECRET, MEMORY_FULL.
   */
  change(
    name: string,
    by: NoteWriter,
    change: (now: Note | undefined) => string | null,
  ): Promise<Note | undefined>;
  /** How full it is, from 0 to 1. */
  fullness(): number;
}

export const NOTE_MAX_BYTES = 16 * 1024;
export const NOTES_MAX = 100;
export const SHELF_MAX_BYTES = 512 * 1024;
const NAME = /^[a-z0-9][a-z0-9._-]{0,60}\.md$/;

interface WrittenRecord extends RecordHead {
  type: 'written';
  note: string;
  /** Null: it was deleted. */
  revision: string | null;
  team: string | null;
}

/** Opens a shelf; its folder comes with the first note. */
export function openShelf(folder: string): Shelf {
  const logFile = join(folder, 'log.jsonl');

  const writers = (): Map<string, WrittenRecord> => {
    const { records } = openJournalReader(logFile, (record) =>
      record.type === 'written' && isText(record.note)
        ? { record: record as unknown as WrittenRecord } // `change` wrote it
        : { malformed: 'not of a shelf' },
    ).read();
    return new Map(records.map((record) => [record.note, record]));
  };

  const readWith = (name: string, log: Map<string, WrittenRecord>): Note | undefined => {
    assertName(name);
    const file = join(folder, name);
    try {
      const text = readFileSync(file, 'utf8');
      const revision = revisionOf(text);
      const last = log.get(name);
      const by = last?.revision === revision ? { agent: last.by, team: last.team } : null;
      const updated = statSync(file).mtime.toISOString();
      return {
        name,
        title: titleOf(text, name),
        text,
        revision,
        bytes: Buffer.byteLength(text),
        updated,
        by,
      };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  };

  const list = (): Note[] => {
    const log = writers();
    return namesIn(folder).flatMap((name) => readWith(name, log) ?? []);
  };

  const change: Shelf['change'] = async (name, by, decide) => {
    assertName(name);
    makeFolder(folder);
    return inTurn(join(folder, 'writers.jsonl'), by.agent, async () => {
      const now = readWith(name, writers());
      const text = decide(now);
      if (text === now?.text || (text === null && now === undefined)) return now;
      if (text === null) {
        rmSync(join(folder, name));
        syncFolder(folder);
      } else {
        assertFits(name, text, list());
        await replaceFile(join(folder, name), text);
      }
      await note(name, text, by);
      return text === null ? undefined : readWith(name, writers());
    });
  };

  const note = async (name: string, text: string | null, { agent, team }: NoteWriter) => {
    const head = { v: RECORD_VERSION, id: (await loadIds())(), by: agent, incarnation: 0 } as const;
    const record: WrittenRecord = {
      ...{ ...head, at: new Date().toISOString(), type: 'written', note: name, team },
      revision: text === null ? null : revisionOf(text),
    };
    await openJournal(logFile).append(record);
  };

  const fullness = (): number => {
    const all = list();
    return Math.max(all.length / NOTES_MAX, sizeOf(all) / SHELF_MAX_BYTES);
  };

  return { folder, list, read: (name) => readWith(name, writers()), change, fullness };
}

function assertName(name: string): void {
  if (NAME.test(name)) return;
  throw new CoworkError('MEMORY_INVALID', `${JSON.stringify(name)} is no name of a note.`);
}

function assertFits(name: string, text: string, all: readonly Note[]): void {
  const bytes = Buffer.byteLength(text);
  if (text.trim() === '') throw new CoworkError('MEMORY_INVALID', 'A note needs a text.');
  if (bytes > NOTE_MAX_BYTES)
    throw new CoworkError(
      'MEMORY_FULL',
      `A note has at most ${NOTE_MAX_BYTES} bytes; this one has ${bytes}.`,
    );
  const secret = whatLooksSecret(text);
  if (secret !== undefined)
    throw new CoworkError('MEMORY_SECRET', `Not kept: the text has what looks like ${secret}.`);
  const others = all.filter((other) => other.name !== name);
  if (others.length + 1 > NOTES_MAX)
    throw new CoworkError('MEMORY_FULL', `There are ${NOTES_MAX} notes already.`);
  if (sizeOf(others) + bytes > SHELF_MAX_BYTES)
    throw new CoworkError(
      'MEMORY_FULL',
      `The notes have ${sizeOf(others)} of ${SHELF_MAX_BYTES} bytes already.`,
    );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => NAME.test(name))
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []; // nothing is remembered yet
    throw error;
  }
}

const sizeOf = (notes: readonly Note[]): number => notes.reduce((sum, { bytes }) => sum + bytes, 0);

const revisionOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

function titleOf(text: string, name: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? name;
  return line
    .replace(/^#+\s*/, '')
    .trim()
    .slice(0, 100);
}
