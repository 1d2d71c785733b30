import { constants, openSync } from 'node:fs';
import { EINVAL, refuse } from './errno.ts';
import { held } from './host.ts';
import type { Entry, Tree } from './tree.ts';

/** Flags of Tlopen and Tlcreate; the same numbers on every architecture. */
export const OPEN = { access: 3, excl: 0o200, trunc: 0o1000, directory: 0o200000 } as const;

const WRITE_ONLY = 1;
const READ_WRITE = 2;
const APPEND = 0o2000;
const DSYNC = 0o10000;
const SYNC = 0o4000000;

/** Whether flags of a client ask for writing or cut the file. */
export const asksToWrite = (flags: number): boolean =>
  (flags & OPEN.access) !== 0 || (flags & OPEN.trunc) !== 0;

/**
 * The host's flags for a client's. O_DIRECT, O_NOATIME and the like are left out. O_NONBLOCK so that a file under a lease
 * of another program answers instead of holding up everybody.
 */
export function hostFlags(flags: number): number {
  const access = flags & OPEN.access;
  if (access > READ_WRITE) refuse(EINVAL);
  let host = access | constants.O_NONBLOCK | constants.O_NOCTTY;
  if (flags & OPEN.trunc) host |= constants.O_TRUNC;
  if (flags & APPEND) host |= constants.O_APPEND;
  if (flags & SYNC) host |= constants.O_SYNC;
  else if (flags & DSYNC) host |= constants.O_DSYNC;
  return host;
}

/** What a fid is after Tlopen or Tlcreate: a descriptor for data, whose operations run one after the other. */
export class OpenFile {
  fd: number;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  /** Whether it was opened in the granted folder below a staging folder. */
  isBelow = false;
  /** Of a directory: the offset at which its last reading ended. */
  end = Number.POSITIVE_INFINITY;
  readonly #tree: Tree;
  #tail: Promise<unknown> | undefined;

  constructor(tree: Tree, fd: number, flags: number) {
    const access = flags & OPEN.access;
    this.#tree = tree;
    this.fd = fd;
    this.canRead = access !== WRITE_ONLY;
    this.canWrite = access !== 0;
  }

  /** Runs `task` after everything that was asked of this file before; the descriptor stays open until it is done. */
  run<R>(task: () => Promise<R>): Promise<R> {
    const result = this.#tail ? this.#tail.then(task) : task();
    // A failed task has answered for itself; the next one starts all the same.
    const tail = result.then(
      () => {},
      () => {},
    );
    this.#tail = tail;
    void tail.then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    return result;
  }

  /** Reads on in the staged version that has come in the meantime, when it was opened before. */
  follow(entry: Entry): void {
    if (!this.isBelow || entry.isBelow) return;
    this.isBelow = false;
    this.#continueWith(
      this.#tree.claim(() => openSync(held(entry.fd), constants.O_RDONLY | constants.O_NONBLOCK)),
    );
  }

  #continueWith(fd: number): void {
    const old = this.fd;
    this.fd = fd;
    if (this.#tail) void this.#tail.then(() => this.#tree.close(old));
    else this.#tree.close(old);
  }

  /** Closes the descriptor when nothing uses it any more; undefined when it is closed on return. */
  close(): Promise<void> | undefined {
    if (this.fd < 0) return undefined;
    if (!this.#tail) {
      this.#tree.close(this.fd);
      return undefined;
    }
    return this.#tail.then(() => this.#tree.close(this.fd));
  }
}

/** Opens the inode that an entry holds: no name is looked up, so nothing can be swapped. */
export function openEntry(tree: Tree, entry: Entry, flags: number): OpenFile {
  const directory = constants.O_RDONLY | constants.O_DIRECTORY;
  const host = entry.kind === 'directory' ? directory : hostFlags(flags);
  const open = new OpenFile(
    tree,
    tree.claim(() => openSync(held(entry.fd), host)),
    flags,
  );
  open.isBelow = entry.isBelow;
  return open;
}
