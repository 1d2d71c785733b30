import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../store/folders.ts';
import { processIdentity } from '../../store/process-identity.ts';
import { copyHeldSync } from '../copy-held.ts';
import { type HostPath, held, inside, openAsPlace } from '../host.ts';
import { type Below, findBelow } from './below.ts';
import { type State, stateOf } from './state.ts';

/** A name in a held folder, as a path for calls that do not follow its last component. */
export const stand = ({ directory, name }: Below): HostPath => inside(directory, name);

/** Moves what has one name to another, free one; what has come there in the meantime is not replaced (EEXIST). */
export function carry(from: Below, to: Below): void {
  if (stateAt(from).kind === 'directory') {
    renameSync(stand(from), stand(to)); // replaces an empty folder at most
    return;
  }
  linkOrRename(stand(from), stand(to));
}

/** Gives a file or link the content that was kept, as a new file under its name; one with several names keeps them. */
export function rewrite(to: Below, was: State, checkpoints: string, is?: State): void {
  if (was.kind === 'link') {
    symlinkSync(Buffer.from(was.target ?? '', 'latin1'), stand(to));
    return;
  }
  if (was.kind !== 'file' || was.kept === undefined) return;
  const kept = join(checkpoints, was.kept);
  if (is !== undefined && is.links > 1) {
    overwrite(to, kept, is);
    return;
  }
  const draft = { ...to, name: draftName() };
  const { atimeNs, mtimeNs } = fstatSync(to.directory, { bigint: true });
  try {
    copyKept(kept, inside(draft.directory, draft.name));
    own(stand(draft), was);
    chmodSync(stand(draft), was.mode);
    sync(stand(draft));
    if (is === undefined) linkOrRename(stand(draft), stand(to));
    else renameSync(stand(draft), stand(to));
    // The same names as before: the folder has not changed.
    if (is !== undefined) utimesSync(held(to.directory), seconds(atimeNs), seconds(mtimeNs));
  } catch (error) {
    rmSync(stand(draft), { force: true });
    throw error;
  }
}

function copyKept(kept: string, to: HostPath): void {
  const fd = openAsPlace(kept);
  try {
    copyHeldSync(fd, String(to), constants.COPYFILE_EXCL); // a draft's name is plain
  } finally {
    closeSync(fd);
  }
}

/** Puts the very file under its name again that has, or had, other names; false when there is none. Its content may be new. */
export function rejoin(to: Below, link: string | undefined, checkpoints: string): boolean {
  if (link === undefined) return false;
  try {
    linkSync(join(checkpoints, link), stand(to));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    return false; // it was put back once already: a copy has to do
  }
  unlinkSync(join(checkpoints, link));
  return true;
}

/** Rights, and times to a quarter of a microsecond, when what stands there is of the same kind. */
export function setAttributes(root: number, path: string, was: State, isDated: boolean): void {
  using below = path === '' ? undefined : findBelow(root, path);
  if (path !== '' && below === undefined) return;
  const fd = below === undefined ? root : openAsPlace(stand(below));
  try {
    if (stateOf(fd).kind !== was.kind) return;
    const [atime, mtime] = [seconds(BigInt(was.atime)), seconds(BigInt(was.mtime))];
    if (was.kind === 'link' && below !== undefined) lutimesSync(stand(below), atime, mtime);
    if (was.kind === 'link' || was.kind === 'special') return;
    if (stateOf(fd).mode !== was.mode) chmodSync(held(fd), was.mode);
    if (isDated) utimesSync(held(fd), atime, mtime);
  } finally {
    if (below !== undefined) closeSync(fd);
  }
}

function stateAt(at: Below): State {
  const fd = openAsPlace(stand(at));
  try {
    return stateOf(fd);
  } finally {
    closeSync(fd);
  }
}

function linkOrRename(from: HostPath, to: HostPath): void {
  try {
    linkSync(from, to);
  } catch (error) {
    // A file system without links, or a file that is not ours.
    if (!['EPERM', 'EOPNOTSUPP', 'EMLINK'].includes(errorCode(error) ?? '')) throw error;
    renameSync(from, to);
    return;
  }
  unlinkSync(from);
}

function overwrite(to: Below, kept: string, is: State): void {
  const from = openSync(kept, constants.O_RDONLY);
  const fd = openSync(stand(to), constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (stateOf(fd).file !== is.file) throw new Error('another file stands there by now');
    ftruncateSync(fd);
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (let at = 0, read = 0; ; at += read) {
      read = readSync(from, chunk, 0, CHUNK, at);
      if (read === 0) break;
      if (chunk.subarray(0, read).equals(ZEROS.subarray(0, read))) continue; // a hole, or as good as one
      for (let done = 0; done < read; ) done += writeSync(fd, chunk, done, read - done, at + done);
    }
    ftruncateSync(fd, fstatSync(from).size);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
    closeSync(from);
  }
}

const seconds = (ns: bigint): number => Number(ns) / 1e9;

const CHUNK = 1 << 20;
const ZEROS = Buffer.alloc(CHUNK);
const DRAFT = /^\.cowork-draft-(\d+)-\d+$/;
let drafts = 0;
const draftName = (): string => `.cowork-draft-${process.pid}-${++drafts}`;

/** Removes the drafts that processes which were killed have left in a folder. */
export function sweepDrafts(directory: number): void {
  for (const name of readdirSync(held(directory), { encoding: 'latin1' })) {
    const pid = DRAFT.exec(name)?.[1];
    if (pid !== undefined && processIdentity(Number(pid)) === undefined)
      rmSync(inside(directory, name), { force: true });
  }
}

/** Only root can give a file away; for anybody else it is the user's own already, or was never theirs to change. */
function own(path: HostPath, { uid, gid }: State): void {
  try {
    chownSync(path, uid, gid);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
  }
}

function sync(path: HostPath): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
