import { T } from '../wire.ts';
import { extendedAttributes, getattr, setattr, statfs } from './attributes.ts';
import { fsync, read, write } from './data.ts';
import { readdir } from './directory.ts';
import { attach, auth, clunk, walk } from './fids.ts';
import type { Handler } from './handler.ts';
import { getlock, lock } from './locking.ts';
import { link, mkdir, readlink, remove, rename, renameat, symlink, unlinkat } from './names.ts';
import { lcreate, lopen, mknod } from './open.ts';

/** Who answers which request. Tversion and Tflush are the connection's own. */
export const handlers: ReadonlyMap<number, Handler> = new Map([
  [T.statfs, statfs],
  [T.lopen, lopen],
  [T.lcreate, lcreate],
  [T.symlink, symlink],
  [T.mknod, mknod],
  [T.rename, rename],
  [T.readlink, readlink],
  [T.getattr, getattr],
  [T.setattr, setattr],
  [T.xattrwalk, extendedAttributes],
  [T.xattrcreate, extendedAttributes],
  [T.readdir, readdir],
  [T.fsync, fsync],
  [T.lock, lock],
  [T.getlock, getlock],
  [T.link, link],
  [T.mkdir, mkdir],
  [T.renameat, renameat],
  [T.unlinkat, unlinkat],
  [T.auth, auth],
  [T.attach, attach],
  [T.walk, walk],
  [T.read, read],
  [T.write, write],
  [T.clunk, clunk],
  [T.remove, remove],
]);
