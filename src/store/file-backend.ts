import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from './backend.ts';
import { openFileLog } from './file-log.ts';
import { ensureFolder, errorCode } from './folders.ts';
import { withLock } from './lock.ts';
import { replaceFile } from './replace-file.ts';
import { foldersOf } from './segments.ts';
import { watchFolder } from './watch.ts';

export interface FileBackendOptions {
  durable?: boolean | undefined;
  /** Size from which a segment is sealed, for tests. */
  segmentBytes?: number | undefined;
}

/** The store of a team whose agents share one disk: plain files in the team's folder. */
export function openFileBackend(
  teamDir: string,
  { durable = true, segmentBytes }: FileBackendOptions = {},
): Backend {
  const pathOf = (name: string) => join(teamDir, name);
  const makeFolders = (name: string) => {
    for (const folder of foldersOf(teamDir, name)) ensureFolder(folder);
  };
  return {
    log: (name, parse, options = {}) =>
      openFileLog(pathOf(name), parse, {
        ...{ ...options, durable, folders: foldersOf(teamDir, name) },
        ...(segmentBytes === undefined ? {} : { segmentBytes }),
      }),
    cell: (name) => ({
      read: async () => readIfThere(pathOf(name)),
      settle: async (value) => {
        makeFolders(name);
        await replaceFile(pathOf(name), value, { durable });
      },
    }),
    inboxes: async () => foldersIn(pathOf('mailbox')),
    watch: (prefix, options) => watchFolder(pathOf(prefix), options),
    orderly: async (name, work, options) => {
      makeFolders(name);
      return withLock(pathOf(name), ({ isHeld }) => work(isHeld), options);
    },
    close: async () => {},
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []; // nobody has got mail yet
    throw error;
  }
}
