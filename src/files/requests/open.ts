/** Tlopen, Tlcreate and Tmknod: how a fid becomes an open file, and how a new file comes to be. */
import { type BigIntStats, chmodSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import {
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EPERM,
  errnoOf,
  refuse,
} from '../errno.ts';
import { checkName, held, inside } from '../host.ts';
import { asksToWrite, hostFlags, OPEN, OpenFile, openEntry } from '../open-file.ts';
import type { Fid, Place, Session } from '../session.ts';
import { type Entry, isSynthetic } from '../tree.ts';
import { FieldWriter, type Qid, T } from '../wire.ts';
import { after, type Handler } from './handler.ts';

const PERMISSIONS = 0o1777;
const SET_ID = 0o6000n;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
/** Largest read or write of one message; 0 leaves it to the client, which takes what its message size allows. */
const IO_UNIT = 0;

export const lopen: Handler = (session, request) => {
  const number = request.u32();
  const flags = request.u32();
  request.end();
  const fid = session.fid(number);
  if (fid.open) refuse(EINVAL);
  const { entry } = fid;
  checkOpenable(entry, flags);
  const open = (): Buffer => {
    claimFid(session, number, fid);
    if (isSynthetic(entry)) fid.open = new OpenFile(session.tree, -1, 0);
    else fid.open = openEntry(session.tree, entry, flags);
    opened(fid);
    const stats = session.tree.stats(entry);
    if (asksToWrite(flags)) dropSetId(entry, stats);
    return openAnswer(T.lopen, session.tree.qid(entry, stats));
  };
  return asksToWrite(flags) ? session.change('write', entry, open) : open();
};

function checkOpenable(entry: Entry, flags: number): void {
  if (entry.kind === 'link') refuse(ELOOP);
  if (entry.kind === 'special') refuse(ENXIO);
  if (entry.kind === 'directory' && asksToWrite(flags)) refuse(EISDIR);
  if (entry.kind !== 'directory' && flags & OPEN.directory) refuse(ENOTDIR);
  hostFlags(flags);
}

// A policy may have made us wait, and the client may have given the fid back or opened it meanwhile.
function claimFid(session: Session, number: number, fid: Fid): void {
  if (!session.holds(number, fid) || fid.open) refuse(EBADF);
}

/** A file that a guest writes runs with nobody's rights but the caller's; root's own writes would keep these bits. */
function dropSetId(entry: Entry, stats: BigIntStats): void {
  if (entry.kind === 'file' && stats.mode & SET_ID)
    chmodSync(held(entry.fd), Number(stats.mode) & PERMISSIONS);
}

function openAnswer(type: number, qid: Qid): Buffer {
  return new FieldWriter(type + 1, 17).qid(qid).u32(IO_UNIT).finish();
}

export const lcreate: Handler = (session, request) => {
  const number = request.u32();
  const name = request.text();
  const flags = request.u32();
  const mode = request.u32();
  request.u32(); // group: files belong to the user who runs the server
  request.end();
  const fid = session.fid(number);
  if (fid.open) refuse(EINVAL);
  const place = newPlace(fid.entry, name);
  hostFlags(flags);
  const asked: Creation = { session, number, fid, place, flags, mode };
  // A guest that creates what is there opens it, and may cut it: to a policy that is a write.
  const there = flags & OPEN.excl ? undefined : childIfThere(session, place);
  return there ? openThere(asked, there) : createNew(asked);
};

interface Creation {
  session: Session;
  number: number;
  fid: Fid;
  place: Place;
  flags: number;
  mode: number;
}

function childIfThere(session: Session, { directory, name }: Place): Entry | undefined {
  try {
    return session.tree.child(directory, name).entry;
  } catch (error) {
    if (errnoOf(error) === ENOENT) return undefined;
    throw error;
  }
}

function createNew(asked: Creation): Buffer | Promise<Buffer> {
  const { session, number, fid, place, flags, mode } = asked;
  const { tree } = session;
  let isTaken = false;
  const made = session.change('create', place, () => {
    claimFid(session, number, fid);
    const fd = tryCreate(session, place, flags, mode);
    if (fd === undefined) {
      isTaken = true;
      refuse(EEXIST);
    }
    const open = new OpenFile(tree, fd, flags);
    const { entry, stats } = adopt(session, place, open);
    return become(asked, entry, open, tree.qid(entry, stats));
  });
  if (!(made instanceof Promise)) return made;
  return made.catch((error: unknown) => {
    const there = isTaken && !(flags & OPEN.excl) ? childIfThere(session, place) : undefined;
    if (there) return openThere(asked, there);
    throw error;
  });
}

/** Opens what has the name already; gives back the reference to `there`. */
function openThere(asked: Creation, there: Entry): Buffer | Promise<Buffer> {
  const { session, number, fid, flags } = asked;
  const { tree } = session;
  const open = (): Buffer => {
    claimFid(session, number, fid);
    const opened = openEntry(tree, there, flags);
    const stats = tree.stats(there);
    if (asksToWrite(flags)) dropSetId(there, stats);
    return become(asked, tree.acquire(there), opened, tree.qid(there, stats));
  };
  let opening: Buffer | Promise<Buffer> | undefined;
  try {
    checkOpenable(there, flags);
    opening = asksToWrite(flags) ? session.change('write', there, open) : open();
    return opening instanceof Promise ? opening.finally(() => tree.release(there)) : opening;
  } finally {
    if (!(opening instanceof Promise)) tree.release(there);
  }
}

/** The fid of a directory becomes the file in it. */
function become({ session, fid }: Creation, entry: Entry, open: OpenFile, qid: Qid): Buffer {
  session.tree.release(fid.entry);
  fid.entry = entry;
  fid.open = open;
  opened(fid);
  return openAnswer(T.lcreate, qid);
}

function opened({ entry: { mount, fd }, open }: Fid): void {
  if (open?.canWrite && mount) mount.policy.opened?.(mount.root, fd);
}

/** Checks that something could be made under this name. */
export function newPlace(directory: Entry, name: string): Place {
  if (directory.kind !== 'directory') refuse(ENOTDIR);
  return { directory, name: checkName(name) };
}

/** A descriptor for the new file; undefined when the name is taken. O_EXCL, so that nothing is ever opened by a name. */
function tryCreate(
  session: Session,
  { directory, name }: Place,
  flags: number,
  mode: number,
): number | undefined {
  const exclusive = (hostFlags(flags) & ~constants.O_TRUNC) | constants.O_CREAT | constants.O_EXCL;
  const permissions = mode & PERMISSIONS;
  let fd: number;
  try {
    fd = session.tree.claim(() => openSync(inside(directory.fd, name), exclusive, permissions));
  } catch (error) {
    if (errnoOf(error) === EEXIST) return undefined;
    throw error;
  }
  // The guest has applied its own umask; the host's must not come on top.
  if ((fstatSync(fd).mode & PERMISSIONS) !== permissions) fchmodSync(fd, permissions);
  return fd;
}

/** The entry of a file just made, found by its descriptor: its name may mean something else by now. */
function adopt(session: Session, { directory, name }: Place, open: OpenFile) {
  try {
    return session.tree.adopt(directory, name, open.fd);
  } catch (error) {
    open.close();
    throw error;
  }
}

/** Makes an empty regular file; devices, FIFOs and sockets do not come into a grant. */
export const mknod: Handler = (session, request) => {
  const { entry: directory } = session.fid(request.u32());
  const name = request.text();
  const mode = request.u32();
  request.u32(); // major
  request.u32(); // minor
  request.u32(); // group
  request.end();
  const place = newPlace(directory, name);
  if ((mode & S_IFMT) !== S_IFREG && (mode & S_IFMT) !== 0) refuse(EPERM);
  return after(
    session.change('create', place, () => {
      const fd = tryCreate(session, place, OPEN_READ_WRITE, mode) ?? refuse(EEXIST);
      const qid = session.tree.qids.of(fstatSync(fd, { bigint: true }));
      session.tree.close(fd);
      return qid;
    }),
    (qid) => new FieldWriter(T.mknod + 1, 13).qid(qid).finish(),
  );
};

const OPEN_READ_WRITE = 2;
