import { closeSync, constants, fstatSync, linkSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, makeFolder, syncFolder } from '../../store/folders.ts';
import { copyHeld } from '../copy-held.ts';
import { type HostPath, openAsPlace } from '../host.ts';
import { hasSameContent, type State, stateOf } from './state.ts';

/** How often a file that changes while it is copied is copied anew; then the last copy has to do. */
const MOST_TRIES = 3;

/** The kept versions of one writer, below `checkpoints/`. */
export interface KeptVersions {
  /** Keeps the content of the file that `fd` (O_PATH) holds, durably, and gives its state with the version's name. */
  copy(fd: number): Promise<State>;
  /**
   * The same for a file that is about to lose its only name, at the cost of a second name where the file system allows it.
   * `name` is that name, never followed.
   */
  take(fd: number, name: HostPath): Promise<State>;
  /** One more name only, for a file whose content is kept and that has other names. */
  link(fd: number, name: HostPath): Promise<State>;
}

/** Opens the folder of kept versions of one writer. Throws what the file system says: then the change must not happen. */
export function keptVersions(checkpoints: string, writer: string, ids: () => string): KeptVersions {
  const folder = join(checkpoints, writer);
  let isThere = false;
  const place = (): { path: string; kept: string } => {
    if (!isThere) {
      makeFolder(folder);
      isThere = true;
    }
    const id = ids();
    return { path: join(folder, id), kept: `${writer}/${id}` };
  };

  const copy = async (fd: number): Promise<State> => {
    for (let attempt = 1; ; attempt++) {
      const before = stateOf(fd);
      const { path, kept } = place();
      try {
        await copyHeld(fd, path, constants.COPYFILE_EXCL);
        await settle(path);
      } catch (error) {
        await unlink(path).catch(() => {}); // what went wrong is in `error`
        throw error;
      }
      const isTorn = !hasSameContent(before, stateOf(fd));
      if (!isTorn || attempt === MOST_TRIES) {
        syncFolder(folder);
        return { ...before, kept };
      }
      await unlink(path);
    }
  };

  /** A second name for the very file; undefined where the file system has none to give. */
  const secondName = async (fd: number, name: HostPath): Promise<string | undefined> => {
    const { path, kept } = place();
    try {
      linkSync(name, path);
    } catch (error) {
      // Another file system, one without links, a file that is not ours, or its name is another's by now.
      if (['EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP', 'ENOENT'].includes(errorCode(error) ?? ''))
        return undefined;
      throw error;
    }
    const linked = openAsPlace(path);
    try {
      if (isSameFile(fd, linked)) return kept;
    } finally {
      closeSync(linked);
    }
    await unlink(path);
    return undefined;
  };

  const take = async (fd: number, name: HostPath): Promise<State> => {
    const before = stateOf(fd);
    // Of a file with several names another may still be written through: its content is copied all the same.
    const copied = before.links === 1 ? undefined : await copy(fd);
    const second = await secondName(fd, name);
    if (second === undefined) return copied ?? copy(fd);
    syncFolder(folder);
    // As it was before its new name.
    return copied === undefined ? { ...before, kept: second, isTaken: true } : { ...copied, link: second };
  };

  const link = async (fd: number, name: HostPath): Promise<State> => {
    const before = stateOf(fd);
    const second = await secondName(fd, name);
    if (second !== undefined) syncFolder(folder);
    return { ...before, ...(second === undefined ? {} : { link: second }) };
  };
  return { copy, take, link };
}

/** A kept version is on the disk before anything is changed. */
async function settle(path: string): Promise<void> {
  const file = await open(path, 'r+').catch((error: unknown) => {
    if (errorCode(error) === 'EACCES') return open(path, 'r'); // copied from a file that nobody may write
    throw error;
  });
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function isSameFile(a: number, b: number): boolean {
  const [first, second] = [fstatSync(a, { bigint: true }), fstatSync(b, { bigint: true })];
  return first.ino === second.ino && first.dev === second.dev;
}
