import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';

/** Rights of every folder that cowork makes. */
export const FOLDER_MODE = 0o700;
/** Rights of every file that cowork makes. */
export const FILE_MODE = 0o600;

/** Makes one folder if it is missing; the one above must be there, so that a removed team is never half made again. */
export function ensureFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Puts the names in a folder on the disk: a new or renamed file is durable only when its folder is. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The code of an error of the file system, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
