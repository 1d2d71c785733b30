/** Requests that make, move and remove names. All work on a held directory and a last component that is never followed. */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, EXDEV, refuse } from '../errno.ts';
import { held, inside } from '../host.ts';
import type { Place, Session } from '../session.ts';
import { type Entry, isSynthetic } from '../tree.ts';
import { emptyAnswer, FieldWriter, type Qid, T } from '../wire.ts';
import { after, type Handler } from './handler.ts';
import { newPlace } from './open.ts';

const PERMISSIONS = 0o1777;
const REMOVE_DIRECTORY = 0x200;
const LONGEST_TARGET = 4095;
const QID_BYTES = 13;

export const mkdir: Handler = (session, request) => {
  const { entry: directory } = session.fid(request.u32());
  const name = request.text();
  const mode = request.u32() & PERMISSIONS;
  request.u32(); // group
  request.end();
  const place = newPlace(directory, name);
  const made = session.change('create', place, () => {
    mkdirSync(pathOf(place), mode);
    return look(session, place, (entry, permissions) => {
      // The guest has applied its own umask; the host's must not come on top. A group bit inherited on the host stays.
      const wanted = (permissions & ~0o777) | mode;
      if (entry.kind === 'directory' && permissions !== wanted) chmodSync(held(entry.fd), wanted);
    });
  });
  return after(made, (qid) => qidAnswer(T.mkdir, qid));
};

/** Makes a link; what it says is the guest's business, for the server never follows it. */
export const symlink: Handler = (session, request) => {
  const { entry: directory } = session.fid(request.u32());
  const name = request.text();
  const target = request.text();
  request.u32(); // group
  request.end();
  const place = newPlace(directory, name);
  if (target === '') refuse(ENOENT);
  if (target.length > LONGEST_TARGET) refuse(ENAMETOOLONG);
  if (target.includes('\0')) refuse(EINVAL);
  const made = session.change('create', place, () => {
    symlinkSync(Buffer.from(target, 'latin1'), pathOf(place));
    return look(session, place);
  });
  return after(made, (qid) => qidAnswer(T.symlink, qid));
};

export const readlink: Handler = (session, request) => {
  const { entry } = session.fid(request.u32());
  request.end();
  if (entry.kind !== 'link') refuse(EINVAL);
  const target = readlinkSync(session.tree.pathOf(session.tree.placeOf(entry)), 'latin1');
  return new FieldWriter(T.readlink + 1, 2 + target.length).text(target).finish();
};

export const link: Handler = (session, request) => {
  const { entry: directory } = session.fid(request.u32());
  const { entry } = session.fid(request.u32());
  const name = request.text();
  request.end();
  const to = newPlace(directory, name);
  if (entry.mount !== directory.mount) refuse(EXDEV);
  if (entry.kind === 'directory' || entry.kind === 'special') refuse(EPERM);
  const from = session.tree.placeOf(entry);
  const made = session.change('link', from, () => linkSync(pathOf(from), pathOf(to)), to);
  return after(made, () => emptyAnswer(T.link + 1));
};

export const rename: Handler = (session, request) => {
  const { entry } = session.fid(request.u32());
  const { entry: directory } = session.fid(request.u32());
  const name = request.text();
  request.end();
  checkMovable(entry);
  const to = newPlace(directory, name);
  return after(move(session, session.tree.placeOf(entry), to), () => emptyAnswer(T.rename + 1));
};

export const renameat: Handler = (session, request) => {
  const { entry: directory } = session.fid(request.u32());
  const name = request.text();
  const { entry: newDirectory } = session.fid(request.u32());
  const newName = request.text();
  request.end();
  const to = newPlace(newDirectory, newName);
  return after(move(session, newPlace(directory, name), to), () => emptyAnswer(T.renameat + 1));
};

function move(session: Session, from: Place, to: Place): void | Promise<void> {
  if (from.directory.mount !== to.directory.mount) refuse(EXDEV);
  checkKinds(session, from, to);
  return session.change(
    'rename',
    from,
    () => {
      renameSync(pathOf(from), pathOf(to));
      session.tree.moved(from.directory, from.name, to.directory, to.name);
    },
    to,
  );
}

/** What the kernel would refuse is refused before anybody is asked: it is no change, and must not count as one. */
function checkKinds({ tree }: Session, from: Place, to: Place): void {
  if (isSynthetic(from.directory) || isSynthetic(to.directory)) refuse(EPERM);
  const source = tree.look(from.directory, from.name) ?? refuse(ENOENT);
  const target = tree.look(to.directory, to.name);
  if (target && source.isDirectory() !== target.isDirectory())
    refuse(source.isDirectory() ? ENOTDIR : EISDIR);
}

export const unlinkat: Handler = (session, request) => {
  const { entry: directory } = session.fid(request.u32());
  const name = request.text();
  const flags = request.u32();
  request.end();
  const place = newPlace(directory, name);
  if (flags & ~REMOVE_DIRECTORY) refuse(EINVAL);
  return after(take(session, place, (flags & REMOVE_DIRECTORY) !== 0), () => emptyAnswer(T.unlinkat + 1));
};

/** Tremove gives the fid back even when the file stays. */
export const remove: Handler = (session, request) => {
  const number = request.u32();
  request.end();
  const { entry } = session.fid(number);
  try {
    checkMovable(entry);
    const taken = take(session, session.tree.placeOf(entry), entry.kind === 'directory');
    return after(taken, () => emptyAnswer(T.remove + 1));
  } finally {
    void session.removeFid(number);
  }
};

function take(session: Session, place: Place, isDirectory: boolean): void | Promise<void> {
  if (isSynthetic(place.directory)) refuse(EPERM);
  const overlay = place.directory.mount?.overlay;
  const stats = session.tree.look(place.directory, place.name) ?? refuse(ENOENT);
  if (stats.isDirectory() !== isDirectory) refuse(isDirectory ? ENOTDIR : EISDIR);
  return session.change('remove', place, () => {
    // What an agent under review removes may stand in the granted folder only, where it stays.
    if (!overlay || isThere(place)) {
      if (isDirectory) rmdirSync(pathOf(place));
      else unlinkSync(pathOf(place));
    }
    session.tree.forget(place.directory, place.name);
  });
}

/** The directories of the tree itself, the grants' roots among them, stay where they are. */
function checkMovable(entry: Entry): void {
  if (!entry.parent || isSynthetic(entry.parent)) refuse(EPERM);
}

const isThere = (place: Place): boolean => lstatSync(pathOf(place), { throwIfNoEntry: false }) !== undefined;

const pathOf = ({ directory, name }: Place) => inside(directory.fd, name);

/** Looks at what was just made under a name. */
function look(
  session: Session,
  { directory, name }: Place,
  visit?: (entry: Entry, permissions: number) => void,
): Qid {
  const { entry, stats } = session.tree.child(directory, name);
  try {
    visit?.(entry, Number(stats.mode) & 0o7777);
    return session.tree.qid(entry, stats);
  } finally {
    session.tree.release(entry);
  }
}

const qidAnswer = (type: number, qid: Qid): Buffer => new FieldWriter(type + 1, QID_BYTES).qid(qid).finish();
