import { closeSync, constants, openSync } from 'node:fs';
import { ENOENT, ENOTDIR, errnoOf } from '../errno.ts';
import { held, inside, isPlainName, O_PATH } from '../host.ts';
import { namesOf } from './history.ts';

/** A name in a folder that is held by a descriptor; closed with `Symbol.dispose`. */
export interface Below extends Disposable {
  directory: number;
  name: string;
}

/**
 * Finds a path (bytes) below a held root, folder by folder, following no link; undefined when a folder on the way is not
 * there, or is none. What stands in the journal comes from agents, so names are checked again.
 */
export function findBelow(root: number, path: string): Below | undefined {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined || !isPlainName(name)) return undefined;
  let at = openSync(held(root), O_PATH | constants.O_DIRECTORY);
  for (const folder of names) {
    const next = isPlainName(folder) ? openFolder(at, folder) : undefined;
    closeSync(at);
    if (next === undefined) return undefined;
    at = next;
  }
  return { directory: at, name, [Symbol.dispose]: () => closeSync(at) };
}

function openFolder(directory: number, name: string): number | undefined {
  try {
    return openSync(inside(directory, name), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if ([ENOENT, ENOTDIR, 40].includes(errnoOf(error) ?? -1)) return undefined;
    throw error;
  }
}
