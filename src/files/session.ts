import { EBADF, EINVAL, EMFILE, EPERM, errnoOf, refuse } from './errno.ts';
import type { ChangeKind, FileEvent } from './grant.ts';
import { type HostPath, held, inside, readable } from './host.ts';
import type { Listings } from './listings.ts';
import type { LockTable } from './locks.ts';
import type { OpenFile } from './open-file.ts';
import type { Change, Spot } from './policy.ts';
import { type Done, type Entry, isSynthetic, pathOf, type Tree } from './tree.ts';
import { NO_FID } from './wire.ts';

/** Fids of one connection; a Linux guest uses one for each file it has open or looks at. */
export const MOST_FIDS = 10_000;
/** Refused changes told to the log, per connection: a guest must not be able to fill the host's log. */
const MOST_REFUSALS_TOLD = 1_000;

/** The client's handle on a file. */
export interface Fid {
  entry: Entry;
  open: OpenFile | undefined;
}

/** A name in a directory that is about to change. */
export interface Place {
  directory: Entry;
  name: string;
}

/** What all connections of one server have in common. */
export interface Shared {
  tree: Tree;
  locks: LockTable;
  listings: Listings;
  log: (event: FileEvent) => void;
}

let sessions = 0;

/** What one connection knows: its fids and how it talks to the rest. */
export class Session {
  /** Tells the connections of this process apart. */
  readonly id = ++sessions;
  readonly tree: Tree;
  readonly locks: LockTable;
  readonly listings: Listings;
  /** Largest frame either side may send, in bytes; 0 before Tversion. */
  messageBytes = 0;
  readonly #fids = new Map<number, Fid>();
  readonly #log: (event: FileEvent) => void;
  #refusalsTold = 0;

  constructor(shared: Shared) {
    this.tree = shared.tree;
    this.locks = shared.locks;
    this.listings = shared.listings;
    this.#log = shared.log;
  }

  fid(number: number): Fid {
    return this.#fids.get(number) ?? refuse(EBADF);
  }

  /** The open file of a fid; refused with EBADF when it is not open. */
  opened(number: number): OpenFile {
    return this.fid(number).open ?? refuse(EBADF);
  }

  checkFree(number: number): void {
    if (number === NO_FID || this.#fids.has(number)) refuse(EINVAL);
    if (this.#fids.size >= MOST_FIDS) refuse(EMFILE);
  }

  /** Makes a fid that takes over the caller's reference to `entry`. */
  addFid(number: number, entry: Entry): void {
    this.#fids.set(number, { entry, open: undefined });
  }

  /** Whether `fid` is still what the client calls `number`, after a wait. */
  holds(number: number, fid: Fid): boolean {
    return this.#fids.get(number) === fid;
  }

  removeFid(number: number): Promise<void> | undefined {
    const fid = this.fid(number);
    this.#fids.delete(number);
    return this.#release(fid);
  }

  /** Ends everything the client had; resolves when all descriptors are closed. */
  async reset(): Promise<void> {
    const fids = [...this.#fids.values()];
    this.#fids.clear();
    await Promise.all(fids.map((fid) => this.#release(fid)));
  }

  /**
   * Asks the grant's policy about a change and performs it; the only way to change anything. `perform` runs at once,
   * or after the policy's wait, and the places stay held until then.
   */
  change<R>(kind: ChangeKind, at: Place | Entry, perform: () => R, to?: Place): R | Promise<R> {
    const directory = 'directory' in at ? at.directory : at;
    const { mount } = directory;
    if (!mount) refuse(EPERM);
    const { grant, root } = mount;
    const change: Change = { kind, grant, path: pathTo(at), file: fileAt(at), root, spot: spotOf(at) };
    if (to) Object.assign(change, { to: pathTo(to), toFile: fileAt(to), toSpot: spotOf(to) });
    const performed = (done?: Done): R => {
      const result = perform();
      done?.();
      mount.policy.after?.(change);
      this.#tell('changed', change);
      return result;
    };
    let wait: Done | Promise<Done>;
    try {
      wait = mount.overlay ? mount.overlay.prepare(kind, at, to) : toDone(mount.policy.before(change));
    } catch (error) {
      this.#tellRefused(change, error);
      throw error;
    }
    return wait instanceof Promise
      ? this.#performLater(wait, performed, change, to ? [directory, to.directory] : [directory])
      : performed(wait);
  }

  async #performLater<R>(
    wait: Promise<Done>,
    perform: (done: Done) => R,
    change: Change,
    entries: Entry[],
  ): Promise<R> {
    for (const entry of entries) this.tree.acquire(entry);
    try {
      let done: Done;
      try {
        done = await wait;
      } catch (error) {
        this.#tellRefused(change, error);
        throw error;
      }
      return perform(done);
    } finally {
      for (const entry of entries) this.tree.release(entry);
    }
  }

  #tell(type: 'changed', { kind, grant, path, to }: Change): void {
    this.#log({ type, kind, grant: grant.name, path, ...(to === undefined ? {} : { to }) });
  }

  #tellRefused({ kind, grant, path, to }: Change, error: unknown): void {
    const errno = errnoOf(error);
    if (errno === undefined || this.#refusalsTold++ >= MOST_REFUSALS_TOLD) return;
    this.#log({ type: 'refused', kind, grant: grant.name, path, ...(to === undefined ? {} : { to }), errno });
  }

  #release({ entry, open }: Fid): Promise<void> | undefined {
    if (open) {
      this.locks.releaseAll(open);
      this.listings.forget(open);
    }
    const closing = open?.close();
    const { mount } = entry;
    if (!open?.canWrite || !mount) {
      this.tree.release(entry);
      return closing;
    }
    const closed = (): void => {
      mount.policy.closed?.(mount.root, entry.fd);
      this.tree.release(entry);
    };
    if (closing) return closing.then(closed);
    closed();
    return undefined;
  }
}

const toDone = (wait: Promise<void> | undefined): Promise<Done> | undefined => wait?.then(() => undefined);

function pathTo(at: Place | Entry): string {
  if (!('directory' in at)) return pathOf(at);
  const above = pathOf(at.directory);
  return above === '' ? readable(at.name) : `${above}/${readable(at.name)}`;
}

function spotOf(at: Place | Entry): Spot {
  if ('directory' in at) return { directory: at.directory.fd, name: at.name };
  // What a link says can only be read by its name.
  const hasName = at.kind === 'link' && at.parent !== undefined && !isSynthetic(at.parent);
  return hasName && at.parent ? { directory: at.parent.fd, name: at.name } : { fd: at.fd };
}

function fileAt(at: Place | Entry): HostPath {
  if (!('directory' in at)) return held(at.fd);
  if (isSynthetic(at.directory)) refuse(EPERM);
  return inside(at.directory.fd, at.name);
}
