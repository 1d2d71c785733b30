import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { makeFolder } from '../store/folders.ts';
import { inTurn } from '../store/turn.ts';
import {
  assertFits,
  assertName,
  fullnessOf,
  type Note,
  type NoteWriter,
  revisionOf,
  titleOf,
} from './note.ts';
import { type NoteFile, type NoteFiles, openHomeFiles } from './note-files.ts';
import { type NoteLog, noteAgreed, noteWithdrawn, noteWritten, readNoteLog } from './note-log.ts';
import type { ProjectFiles } from './project-files.ts';

/** Notes that belong together: the user's, or a project's. */
export interface Shelf {
  /** In the home: the log, whose turn it is, and notes that are not in the project. */
  readonly folder: string;
  /** What counts for agents; looks at no name that cowork did not write down. */
  agreed(): Note[];
  /** All that is there, for people. */
  list(): Note[];
  /** Undefined when there is none. */
  read(name: string): Note | undefined;
  /**
   * Replaces a note whole with what `change` makes of the present one (undefined: none); null deletes it. Nobody else of this cowork writes in
   * between. Throws what `change` throws, MEMORY_INVALID, MEMORY_SECRET, MEMORY_FULL, MEMORY_NOT_AGREED, MEMORY_FOLDER.
   */
  change(
    name: string,
    by: NoteWriter,
    change: (now: Note | undefined) => string | null,
  ): Promise<Note | undefined>;
  /** The user agrees to a note as it is, if it is still `revision`. Throws MEMORY_CHANGED, and as `change`. */
  agree(name: string, revision: string): Promise<Note>;
  /** Takes back what was agreed to; what cowork wrote goes on to count. */
  withdraw(): Promise<void>;
  /** Brings the notes of a project that are in the home into the project. */
  move(): Promise<Moved[]>;
  /** How full it is, from 0 to 1. */
  fullness(): number;
}

/** A note that was brought into its project; `to` is another name where that one was taken by another text. */
export interface Moved {
  name: string;
  to: string;
}

/** Opens a shelf, and the project that its notes are in; its folder comes with the first note. */
export function openShelf(folder: string, inProject?: ProjectFiles): Shelf {
  const inHome = openHomeFiles(folder);
  const writers = join(folder, 'writers.jsonl');
  const log = () => readNoteLog(folder);

  /** A note of the home stands before one of its name in the project: nothing that comes with a project can hide it. */
  const readWith = (name: string, known: NoteLog): Note | undefined => {
    assertName(name);
    const home = inHome.read(name);
    if (home !== undefined) return noteOf(name, 'home', home, known);
    const found = inProject?.read(name);
    return found === undefined ? undefined : noteOf(name, 'project', found, known);
  };

  const readAll = (names: readonly string[], known: NoteLog): Note[] =>
    [...new Set([...inHome.names(), ...names])].sort().flatMap((name) => readWith(name, known) ?? []);

  const list = (): Note[] => readAll(inProject?.names() ?? [], log());

  const agreed = (): Note[] => {
    const known = log();
    return readAll(inProject === undefined ? [] : known.names(), known).filter(({ isAgreed }) => isAgreed);
  };

  const inOwnTurn = async <T>(by: string, work: () => Promise<T>): Promise<T> => {
    makeFolder(folder);
    return inTurn(writers, by, work);
  };

  /** Where a note goes that is not there yet. */
  const placeOfNew = (): NoteFiles => {
    const state = inProject?.state() ?? 'absent';
    if (typeof state === 'object') throw new CoworkError('MEMORY_FOLDER', state.problem);
    return inProject !== undefined && state === 'present' ? inProject : inHome;
  };

  const change: Shelf['change'] = async (name, by, decide) => {
    assertName(name);
    return inOwnTurn(by.agent, async () => {
      await finishMove(name);
      const now = readWith(name, log());
      if (now !== undefined && !now.isAgreed && by.team !== null) throw notAgreed(name);
      const text = decide(now);
      if (now?.isAgreed && text === now.text) return now;
      if (text === null && now === undefined) return undefined;
      const files = now === undefined ? placeOfNew() : filesOf(now);
      if (text === null) {
        files.remove(name);
        await noteWritten(folder, name, null, by);
        return undefined;
      }
      if (now?.problem) throw unusable(now);
      await put(files, name, text, by, { was: now?.revision });
      return readWith(name, log());
    });
  };

  const filesOf = ({ where }: Note): NoteFiles => (where === 'project' && inProject ? inProject : inHome);

  /** Written down first: a kill in between leaves a line too many, and no note that counts for nothing. */
  const put = async (
    files: NoteFiles,
    name: string,
    text: string,
    by: NoteWriter,
    as: { was?: string | undefined },
  ): Promise<void> => {
    assertFits(name, text, agreed());
    await noteWritten(folder, name, revisionOf(text), by);
    await files.write(name, text, as);
  };

  const agree: Shelf['agree'] = (name, revision) =>
    inOwnTurn('user', async () => {
      const note = readWith(name, log());
      if (note?.problem) throw unusable(note);
      if (note?.revision !== revision)
        throw new CoworkError('MEMORY_CHANGED', `project/${name} is another than was shown.`);
      if (note.isAgreed) return note;
      assertFits(name, note.text, agreed());
      await noteAgreed(folder, name, revision);
      return { ...note, isAgreed: true };
    });

  const move: Shelf['move'] = () =>
    inOwnTurn('user', async () => {
      if (inProject === undefined) return [];
      inProject.makeFolder();
      const moved: Moved[] = [];
      for (const name of inHome.names()) moved.push({ name, to: await moveOne(name, inProject) });
      return moved;
    });

  /** The new one first: a kill in between leaves two that are alike, and never none. */
  const moveOne = async (name: string, project: ProjectFiles): Promise<string> => {
    const note = readWith(name, log());
    if (note === undefined) return name;
    const to = freeName(name, note.revision, project);
    const known = log();
    if (!known.knows(to, note.revision))
      await noteWritten(folder, to, note.revision, note.by ?? { agent: 'user', team: null });
    if (!isSame(note, project.read(to))) await project.write(to, note.text, { at: new Date(note.updated) });
    inHome.remove(name);
    return to;
  };

  /** A move that was cut leaves the same text in both places. */
  const finishMove = async (name: string): Promise<void> => {
    const [home, there] = [inHome.read(name), inProject?.read(name)];
    if (inProject !== undefined && isSame(home, there)) await moveOne(name, inProject);
  };

  return {
    ...{ folder, agreed, list, change, agree, move },
    read: (name) => readWith(name, log()),
    withdraw: async () => {
      if (log().names().length > 0) await inOwnTurn('user', () => noteWithdrawn(folder));
    },
    fullness: () => fullnessOf(agreed()),
  };
}

type Found = NoteFile | { problem: string };

function noteOf(name: string, where: Note['where'], found: Found, known: NoteLog): Note {
  if ('problem' in found) {
    const nothing = { title: name, text: '', revision: '', bytes: 0, updated: new Date(0).toISOString() };
    return { name, ...nothing, by: null, where, isAgreed: false, problem: found.problem };
  }
  const { text, revision, updated } = found;
  return {
    ...{ name, title: titleOf(text, name), text, revision, bytes: Buffer.byteLength(text), updated },
    ...{ by: known.writerOf(name, revision), where, problem: null },
    isAgreed: where === 'home' || known.knows(name, revision),
  };
}

const isSame = (one: Found | undefined, other: Found | undefined): boolean =>
  one !== undefined && other !== undefined && 'revision' in one && 'revision' in other
    ? one.revision === other.revision
    : false;

/** The name of a note in the project: its own, or that with a number where another text has it. */
function freeName(name: string, revision: string, project: ProjectFiles): string {
  for (let i = 1; ; i++) {
    const to = i === 1 ? name : `${name.slice(0, -'.md'.length).slice(0, 56)}-${i}.md`;
    const there = project.read(to);
    if (there === undefined || ('revision' in there && there.revision === revision)) return to;
  }
}

const notAgreed = (name: string): CoworkError =>
  new CoworkError('MEMORY_NOT_AGREED', `project/${name} waits for the consent of the user.`);

export const unusable = ({ name, problem }: Pick<Note, 'name' | 'problem'>): CoworkError =>
  new CoworkError('MEMORY_INVALID', `project/${name} is no note: ${problem}.`, {
    hint: `Make it a plain file, or remove it: cowork memory forget project/${name}`,
  });
