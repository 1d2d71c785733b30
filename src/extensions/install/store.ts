import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, FILE_MODE, FOLDER_MODE, makeFolder, syncFolder, syncTree } from '../../store/folders.ts';
import { createNotes } from '../finding.ts';
import { checksumOf, readTree, readTreeFile, type Tree } from '../load/tree.ts';

/**
 * Contents of plugins and marketplaces, each in a folder named by its checksum and never changed afterwards. Links are
 * resolved on the way in, so that nothing in here leads out of it.
 */
export const pluginsFolder = (home: string): string => join(home, 'plugins');
const storeFolder = (home: string): string => join(pluginsFolder(home), 'store');
export const contentFolder = (home: string, checksum: string): string => join(storeFolder(home), checksum);

/** Puts the files of a tree into the store; returns their checksum. The same content is there once. */
export function putTree(home: string, tree: Tree): string {
  makeFolder(storeFolder(home));
  for (const folder of [home, pluginsFolder(home)])
    if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, FOLDER_MODE);
  const draft = join(storeFolder(home), `.new-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(draft, { mode: FOLDER_MODE });
  try {
    const files = [...tree.files].map(([path, file]) => {
      const bytes = readTreeFile(file);
      const target = join(draft, path);
      mkdirSync(dirname(target), { recursive: true, mode: FOLDER_MODE });
      writeFileSync(target, bytes, { flag: 'wx', mode: file.isExecutable ? FOLDER_MODE : FILE_MODE });
      return [path, bytes, file.isExecutable] as const;
    });
    const checksum = checksumOf(files);
    syncTree(draft);
    try {
      renameSync(draft, contentFolder(home, checksum));
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
      // It is there already; should somebody have changed it, the fresh one takes its place.
      if (checksumOfStored(home, checksum) !== checksum) {
        renameSync(contentFolder(home, checksum), `${draft}-spoilt`);
        renameSync(draft, contentFolder(home, checksum));
      }
    }
    syncFolder(storeFolder(home));
    return checksum;
  } finally {
    for (const left of [draft, `${draft}-spoilt`]) rmSync(left, { recursive: true, force: true });
  }
}

/** The checksum of what is in the store now; undefined when it is not there. */
export function checksumOfStored(home: string, checksum: string): string | undefined {
  const folder = contentFolder(home, checksum);
  return existsSync(folder) ? checksumOfTree(readTree(folder, createNotes())) : undefined;
}

export const checksumOfTree = (tree: Tree): string =>
  checksumOf([...tree.files].map(([path, file]) => [path, readTreeFile(file), file.isExecutable]));

/**
 * Removes contents that nobody names any more. Each is moved aside first and asked for once more: an installation that
 * began in between finds it back or missing, and puts it there again.
 */
export function sweepStore(home: string, isNamed: () => ReadonlySet<string>): void {
  let entries: string[];
  try {
    entries = readdirSync(storeFolder(home));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const named = isNamed();
  for (const entry of entries) {
    if (named.has(entry)) continue;
    const path = join(storeFolder(home), entry);
    if (entry.startsWith('.')) {
      if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > DRAFT_MS)
        rmSync(path, { recursive: true, force: true });
      continue;
    }
    const aside = join(storeFolder(home), `.gone-${process.pid}-${randomBytes(4).toString('hex')}`);
    try {
      renameSync(path, aside);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') continue; // another sweep was first
      throw error;
    }
    if (isNamed().has(entry)) {
      try {
        renameSync(aside, path);
        continue;
      } catch {
        // It was put there again meanwhile.
      }
    }
    rmSync(aside, { recursive: true, force: true });
  }
}

/** A draft of a process that was killed is removed after an hour. */
const DRAFT_MS = 3_600_000;
