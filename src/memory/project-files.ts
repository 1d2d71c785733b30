import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode } from '../store/folders.ts';
import { held, inside, O_PATH, openAsPlace } from '../store/held.ts';
import { isNoteName, NOTE_MAX_BYTES, revisionOf } from './note.ts';
import type { NoteFile, NoteFiles } from './note-files.ts';

/** The notes in a project, where anybody may have made anything. */
export interface ProjectFiles extends NoteFiles {
  /** Whether the project has a folder `.cowork` for notes; or why what has that name is not used. */
  state(): 'absent' | 'present' | { problem: string };
  /** Makes `.cowork`, as the user has asked for it; then it is `present`. */
  makeFolder(): void;
}

/** Most names of a folder that are looked at: one with more was made to cost time. */
const NAMES_MAX = 1_000;
const PARTS = ['.cowork', 'memory'] as const;

/**
 * The files in `.cowork/memory` of a project, for the cowork whose home is `home`. Each folder on the way is opened by itself and held, so that no link
 * leads elsewhere and nobody can swap one meanwhile; of what is no plain file of at most 16 KiB nothing is read. Throws MEMORY_FOLDER.
 */
export function openProjectFiles(project: string, home: string): ProjectFiles {
  const draftsOfHome = `.draft-${createHash('sha256').update(home).digest('hex').slice(0, 12)}-`;
  const shown = join(project, ...PARTS);

  /** Does `work` with the folder of the notes, held; undefined when it is not there. */
  const within = <T>(work: (folder: number) => T, depth: 1 | 2 = 2): T | undefined => {
    const fds: number[] = [];
    try {
      let fd = openSync(project, O_PATH | constants.O_DIRECTORY);
      fds.push(fd);
      for (const part of PARTS.slice(0, depth)) {
        fd = openAsPlace(inside(fd, part));
        fds.push(fd);
        if (isOther(fd, part)) return undefined;
      }
      return work(fd);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error instanceof CoworkError ? error : failed(`${shown} can't be used`, error);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  };

  /** Whether it is a home of cowork, and so nothing of the project's. Throws for all that is no folder. */
  const isOther = (fd: number, part: string): boolean => {
    const stat = fstatSync(fd);
    const path = part === PARTS[0] ? join(project, part) : shown;
    if (stat.isSymbolicLink()) throw failed(`${path} is a link`);
    if (!stat.isDirectory()) throw failed(`${path} is no folder`);
    return part === PARTS[0] && isHome(stat, home);
  };

  const state: ProjectFiles['state'] = () => {
    try {
      // What is below it is looked at, too: a link there is no place for notes.
      const has = within(() => true, 1) === true;
      if (has) within(() => true);
      return has ? 'present' : 'absent';
    } catch (error) {
      if (!(error instanceof CoworkError)) throw error;
      return { problem: error.message };
    }
  };

  const names = (): string[] => {
    try {
      return within((folder) => namesIn(folder).filter(isNoteName).sort()) ?? [];
    } catch (error) {
      if (isOfWhoMadeIt(error)) return []; // `state` says why
      throw error;
    }
  };

  const read: NoteFiles['read'] = (name) => {
    try {
      return within((folder) => readNote(folder, name));
    } catch (error) {
      if (isOfWhoMadeIt(error)) return undefined; // `state` says why
      throw error;
    }
  };

  const write: NoteFiles['write'] = async (name, text, as) => {
    makeFolderOfNotes();
    const writing = within((folder) => {
      // Held by another descriptor, which outlives this call.
      const own = openSync(held(folder), 'r');
      return replace(own, name, text, draftsOfHome, as).finally(() => closeSync(own));
    });
    if (writing === undefined) throw failed(`${shown} has gone away`);
    await writing.catch((error: unknown) => {
      throw asRefusal(`${join(shown, name)} can't be written`, error);
    });
  };

  const makeFolderOfNotes = (): void => {
    try {
      within((folder) => makeDurably(folder, PARTS[1]), 1);
    } catch (error) {
      throw asRefusal(`${shown} can't be made`, error);
    }
  };

  return {
    ...{ state, names, read, write },
    remove: (name) => {
      try {
        within((folder) => {
          unlinkSync(inside(folder, name));
          syncHeld(folder);
        });
      } catch (error) {
        throw asRefusal(`${join(shown, name)} can't be removed`, error);
      }
    },
    makeFolder: () => {
      const fd = openSync(project, O_PATH | constants.O_DIRECTORY);
      try {
        makeDurably(fd, PARTS[0]);
      } catch (error) {
        throw asRefusal(`${join(project, PARTS[0])} can't be made`, error);
      } finally {
        closeSync(fd);
      }
      const now = state();
      if (now === 'absent') throw failed(`${join(project, PARTS[0])} is a home of cowork`);
      if (now !== 'present') throw failed(now.problem.replace(/\.$/, ''));
    },
  };
}

/** Replaces a note in a folder that is held: draft, sync, rename. */
async function replace(
  folder: number,
  name: string,
  text: string,
  drafts: string,
  { was, at }: { was?: string | undefined; at?: Date },
): Promise<void> {
  // Whoever has the turn knows that these are of writers that died: each home has its own, and one turn.
  for (const left of namesIn(folder).filter((each) => each.startsWith(drafts)))
    unlinkSync(inside(folder, left));
  const draft = inside(folder, `${drafts}${randomBytes(4).toString('hex')}`);
  // As an editor would make it: it belongs to the project, and to whom that belongs.
  const before = lstatSync(inside(folder, name), { throwIfNoEntry: false });
  const handle = await open(draft, 'wx', 0o666);
  try {
    try {
      await handle.writeFile(text);
      if (before?.isFile()) await handle.chmod(before.mode & 0o777);
      if (at !== undefined) await handle.utimes(at, at);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const now = readNote(folder, name);
    if (now !== undefined && (!('revision' in now) || now.revision !== was))
      throw new CoworkError('MEMORY_CHANGED', `${name} was changed just now, past cowork.`);
    await rename(draft, inside(folder, name));
  } catch (error) {
    try {
      unlinkSync(draft);
    } catch {
      // What went wrong is in `error`; the next writer removes the draft.
    }
    throw error;
  }
  fsyncSync(folder);
}

function readNote(folder: number, name: string): NoteFile | { problem: string } | undefined {
  let fd: number;
  try {
    // Never waits, as a pipe would make it.
    fd = openSync(inside(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    return {
      problem: errorCode(error) === 'ELOOP' ? 'it is a link' : `it can't be opened (${errorCode(error)})`,
    };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { problem: 'it is no file' };
    const bytes = readAtMost(fd, NOTE_MAX_BYTES + 1);
    if (bytes.length > NOTE_MAX_BYTES) return { problem: `it is over ${NOTE_MAX_BYTES / 1024} KiB` };
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, revision: revisionOf(bytes), updated: stat.mtime.toISOString() };
  } catch (error) {
    if (error instanceof TypeError) return { problem: 'it is no text in UTF-8' }; // so the decoder says it
    return { problem: `it can't be read (${errorCode(error)})` };
  } finally {
    closeSync(fd);
  }
}

function readAtMost(fd: number, max: number): Buffer {
  const bytes = Buffer.alloc(max);
  for (let at = 0; ; ) {
    const read = at < max ? readSync(fd, bytes, at, max - at, null) : 0;
    if (read === 0) return bytes.subarray(0, at);
    at += read;
  }
}

function namesIn(folder: number): string[] {
  const directory = opendirSync(held(folder));
  try {
    const names: string[] = [];
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      names.push(entry.name);
      if (names.length === NAMES_MAX) break;
    }
    return names;
  } finally {
    directory.closeSync();
  }
}

function makeDurably(folder: number, name: string): void {
  try {
    mkdirSync(inside(folder, name));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  // Also one that was there: who made it may have died before it was on the disk.
  syncHeld(folder);
}

/** A descriptor that only says which folder it is can't be synced itself. */
function syncHeld(folder: number): void {
  const fd = openSync(held(folder), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether a `.cowork` is where a cowork keeps everything: this one, or that of the same user without COWORK_HOME. */
function isHome({ dev, ino }: { dev: number; ino: number }, home: string): boolean {
  return [home, join(homedir(), '.cowork')].some((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.dev === dev && stat.ino === ino;
  });
}

const failed = (why: string, cause?: unknown): CoworkError =>
  new CoworkError('MEMORY_FOLDER', `${why}.`, cause === undefined ? {} : { cause });

/** Whether whoever has the project may have brought this about: then nobody else is to be kept from anything. A disk that fails is none of that. */
function isOfWhoMadeIt(error: unknown): boolean {
  if (!(error instanceof CoworkError)) return false;
  return error.cause === undefined || ['EACCES', 'EPERM', 'ENOTDIR'].includes(errorCode(error.cause) ?? '');
}

/** What the file system refuses a writer, as that; a full disk is told as such further up. */
function asRefusal(what: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof CoworkError) return error.cause === undefined ? error : asRefusal(what, error.cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') return error;
  const why = REASONS[code ?? ''] ?? code;
  return why === undefined ? error : failed(`${what}: ${why}`, error);
}

const REASONS: Record<string, string> = {
  EROFS: 'the file system is read-only',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EISDIR: 'it is a folder',
};
