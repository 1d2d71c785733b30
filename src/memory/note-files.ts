import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, syncFolder } from '../store/folders.ts';
import { replaceFile } from '../store/replace-file.ts';
import { isNoteName, revisionOf } from './note.ts';

/** What a file of a note has in it. */
export interface NoteFile {
  text: string;
  revision: string;
  /** ISO 8601. */
  updated: string;
}

/** A folder with the files of notes. Who changes it has the turn of its shelf. */
export interface NoteFiles {
  /** By name. */
  names(): string[];
  /** Undefined when there is none; in a project it may be something else than a note. */
  read(name: string): NoteFile | { problem: string } | undefined;
  /** Replaces a note whole, which `was` this revision, or makes it; `at` is its time when that is not now. */
  write(name: string, text: string, as: { was?: string | undefined; at?: Date }): Promise<void>;
  remove(name: string): void;
}

/** The files in a folder of the home, where nobody writes but cowork and the user. */
export function openHomeFiles(folder: string): NoteFiles {
  return {
    names: () => {
      try {
        return readdirSync(folder).filter(isNoteName).sort();
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return []; // nothing is remembered yet
        throw error;
      }
    },
    read: (name) => {
      const file = join(folder, name);
      try {
        const text = readFileSync(file, 'utf8');
        return { text, revision: revisionOf(text), updated: statSync(file).mtime.toISOString() };
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: (name, text) => replaceFile(join(folder, name), text),
    remove: (name) => {
      rmSync(join(folder, name));
      syncFolder(folder);
    },
  };
}
