import { type BigIntStats, closeSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { errorCode } from '../store/folders.ts';
import { ENFILE, ENOENT, ENOTDIR, errnoOf, refuse } from './errno.ts';
import type { ChangeKind, Grant } from './grant.ts';
import { checkName, type HostPath, held, inside, O_PATH, openAsPlace, readable } from './host.ts';
import type { Policy } from './policy.ts';
import { Qids } from './qids.ts';
import type { Qid } from './wire.ts';

export type EntryKind = 'directory' | 'file' | 'link' | 'special';

/** A file that some fid points at, held by an O_PATH descriptor; its name is where it was last seen. */
export interface Entry {
  /** -1 for the directories that exist only in the tree. */
  fd: number;
  readonly kind: EntryKind;
  dev: bigint;
  ino: bigint;
  readonly mount: Mount | undefined;
  /** In an overlay: whether `fd` is of the granted folder, and not of the staging folder. */
  isBelow: boolean;
  /** In an overlay, of a directory that stands in both: the one of the granted folder. */
  below: number | undefined;
  parent: Entry | undefined;
  name: string;
  /** Entries alive below this one, by name. */
  readonly children: Map<string, Entry>;
  references: number;
}

export interface Mount {
  grant: Grant;
  policy: Policy;
  /** The grant's root, held by a descriptor (O_PATH). */
  root: number;
  overlay?: Overlay;
}

/** What stands under a name of an overlay. */
export interface Sight {
  path: HostPath;
  stats: BigIntStats;
  /** Whether `path` is in the granted folder, and not in the staging folder. */
  isBelow: boolean;
  /** The folder of the granted folder that is seen through this one, when both are folders. */
  below: { path: HostPath; stats: BigIntStats } | undefined;
}

/** A granted folder with a staging folder over it, in which every change is made: both are seen as one. */
export interface Overlay {
  /** Undefined when nothing stands there. */
  find(directory: Entry, name: string): Sight | undefined;
  names(directory: Entry): string[];
  /** The file of the granted folder whose number a staged file goes on with: programs notice when a file's number changes. */
  originOf(stats: BigIntStats): Identity | undefined;
  /**
   * Brings what a change needs into the staging folder, and refuses what cannot be done; gives what is to be written down
   * when it has been done.
   */
  prepare(
    kind: ChangeKind,
    at: { directory: Entry; name: string } | Entry,
    to?: { directory: Entry; name: string },
  ): Done | Promise<Done>;
}

export type Done = (() => void) | undefined;

export interface Found {
  entry: Entry;
  stats: BigIntStats;
}

/**
 * The files that are in use, each held by a descriptor as long as something refers to it. A descriptor, unlike a path, goes
 * on meaning the same file while others rename, replace and swap links, so a walk can never leave the grant.
 */
export class Tree {
  readonly qids = new Qids();
  readonly root = syntheticEntry(undefined, '', 0n);
  readonly #mostDescriptors: number;
  #descriptors = 0;

  constructor(mostDescriptors: number) {
    this.#mostDescriptors = mostDescriptors;
  }

  /** A directory that exists only in the tree. */
  addSynthetic(name: string): Entry {
    const entry = syntheticEntry(this.root, name, BigInt(this.root.children.size + 1));
    this.root.children.set(name, entry);
    return entry;
  }

  /** Shows an open directory (O_PATH descriptor, owned by the tree from here on) under a synthetic one. */
  mount(parent: Entry, name: string, fd: number, mount: Mount, below?: number): void {
    const stats = fstatSync(fd, { bigint: true });
    this.#descriptors += below === undefined ? 1 : 2;
    parent.children.set(name, { ...this.#entry(fd, stats, parent, name, mount), below });
  }

  /** Finds a name in a directory without following links, and refers to it: the caller releases it. */
  child(directory: Entry, name: string): Found {
    if (directory.kind !== 'directory') refuse(ENOTDIR);
    checkName(name);
    const known = directory.children.get(name);
    if (isSynthetic(directory)) {
      if (!known) refuse(ENOENT);
      return { entry: this.acquire(known), stats: this.stats(known) };
    }
    if (directory.mount?.overlay) return this.#childSeen(directory, name, directory.mount.overlay);
    const path = inside(directory.fd, name);
    if (known) {
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (!stats) refuse(ENOENT);
      // Our descriptor keeps the inode from being used again, so the same number is the same file.
      if (stats.ino === known.ino && stats.dev === known.dev) return { entry: this.acquire(known), stats };
    }
    const fd = this.claim(() => openAsPlace(path));
    const stats = fstatSync(fd, { bigint: true });
    const entry = this.#entry(fd, stats, this.acquire(directory), name, directory.mount);
    directory.children.set(name, entry);
    return { entry, stats };
  }

  #childSeen(directory: Entry, name: string, overlay: Overlay): Found {
    const seen = overlay.find(directory, name) ?? refuse(ENOENT);
    const known = directory.children.get(name);
    if (known && isSame(known, seen.stats) && known.isBelow === seen.isBelow && this.#showsSame(known, seen))
      return { entry: this.acquire(known), stats: seen.stats };
    const fd = this.claim(() => openAsPlace(seen.path));
    let below: number | undefined;
    try {
      below = seen.below && this.claim(() => openAsPlace(seen.below?.path ?? ''));
    } catch (error) {
      this.close(fd);
      throw error;
    }
    const stats = fstatSync(fd, { bigint: true });
    const made = this.#entry(fd, stats, this.acquire(directory), name, directory.mount);
    const entry = Object.assign(made, { isBelow: seen.isBelow, below });
    directory.children.set(name, entry);
    return { entry, stats };
  }

  #showsSame({ below }: Entry, seen: Sight): boolean {
    if (below === undefined || seen.below === undefined) return below === seen.below;
    return isSame(fstatSync(below, { bigint: true }), seen.below.stats);
  }

  /** What a name stands for, itself; undefined when nothing does. */
  look(directory: Entry, name: string): BigIntStats | undefined {
    const overlay = directory.mount?.overlay;
    if (overlay) return overlay.find(directory, name)?.stats;
    return lstatSync(inside(directory.fd, name), { bigint: true, throwIfNoEntry: false });
  }

  /** Where a name can be read. */
  pathOf({ directory, name }: { directory: Entry; name: string }): HostPath {
    const overlay = directory.mount?.overlay;
    return overlay ? (overlay.find(directory, name) ?? refuse(ENOENT)).path : inside(directory.fd, name);
  }

  /** The entry of a file that was made just now under this name and is open as `fd`. The caller releases it. */
  adopt(directory: Entry, name: string, fd: number): Found {
    const place = this.claim(() => openSync(held(fd), O_PATH));
    const stats = fstatSync(place, { bigint: true });
    const entry = this.#entry(place, stats, this.acquire(directory), name, directory.mount);
    directory.children.set(name, entry);
    return { entry, stats };
  }

  stats(entry: Entry): BigIntStats {
    return isSynthetic(entry) ? syntheticStats(entry) : fstatSync(entry.fd, { bigint: true });
  }

  qid(entry: Entry, stats: BigIntStats): Qid {
    if (isSynthetic(entry)) return this.qids.synthetic(Number(entry.ino));
    const origin = entry.mount?.overlay?.originOf(stats);
    return this.qids.of(origin ? { mode: stats.mode, mtimeNs: stats.mtimeNs, ...origin } : stats);
  }

  acquire(entry: Entry): Entry {
    entry.references++;
    return entry;
  }

  release(entry: Entry): void {
    let at: Entry | undefined = entry;
    while (at && --at.references === 0) {
      this.close(at.fd);
      if (at.below !== undefined) this.close(at.below);
      const parent: Entry | undefined = at.parent;
      if (parent?.children.get(at.name) === at) parent.children.delete(at.name);
      at = parent;
    }
  }

  /** Opens a descriptor that counts against the limit; refused with ENFILE above it. */
  claim(open: () => number): number {
    if (this.#descriptors >= this.#mostDescriptors) refuse(ENFILE);
    const fd = open();
    this.#descriptors++;
    return fd;
  }

  close(fd: number): void {
    this.#descriptors--;
    closeSync(fd);
  }

  /** Descriptors open now. */
  get descriptors(): number {
    return this.#descriptors;
  }

  /** The place of an entry: its directory and name, refused with ENOENT when another file has that name by now. */
  placeOf(entry: Entry): { directory: Entry; name: string } {
    const { parent, name } = entry;
    if (!parent || isSynthetic(parent)) refuse(ENOENT);
    const stats = this.look(parent, name);
    if (!stats || !isSame(entry, stats)) refuse(ENOENT);
    return { directory: parent, name };
  }

  /** A name is gone; what fids hold of it stays usable. */
  forget(directory: Entry, name: string): void {
    directory.children.delete(name);
  }

  /** A name has moved; what fids hold of it moves along. */
  moved(from: Entry, name: string, to: Entry, newName: string): void {
    const entry = from.children.get(name);
    if (from === to && name === newName) return;
    to.children.delete(newName);
    if (!entry) return;
    from.children.delete(name);
    // Names here may be out of date when others move directories at the same time; never let them form a ring.
    if (isBelow(to, entry)) return;
    entry.name = newName;
    entry.parent = this.acquire(to);
    to.children.set(newName, entry);
    this.release(from);
  }

  /** Ends the tree: closes the roots of all mounts. */
  dispose(): void {
    for (const synthetic of [this.root, ...this.root.children.values()]) {
      for (const entry of synthetic.children.values()) {
        if (isSynthetic(entry)) continue;
        this.close(entry.fd);
        if (entry.below !== undefined) this.close(entry.below);
      }
    }
  }

  #entry(fd: number, stats: BigIntStats, parent: Entry, name: string, mount: Mount | undefined): Entry {
    const { dev, ino } = stats;
    const layer = { isBelow: false, below: undefined };
    return {
      ...{ fd, kind: kindOf(stats), dev, ino, mount, ...layer },
      ...{ parent, name, children: new Map(), references: 1 },
    };
  }
}

interface Identity {
  dev: bigint;
  ino: bigint;
}

const isSame = (a: Identity, b: Identity): boolean => a.ino === b.ino && a.dev === b.dev;

export const isSynthetic = (entry: Entry): boolean => entry.fd < 0;

/** Opens a folder of the host to be mounted; the reason in words when that cannot be. */
export function openRoot(root: string): { fd: number } | { reason: string } {
  let fd: number;
  try {
    fd = openAsPlace(root);
  } catch (error) {
    if (errnoOf(error) === ENOENT) return { reason: 'it does not exist' };
    return { reason: `it cannot be opened: ${errorCode(error)}` };
  }
  const stats = fstatSync(fd, { bigint: true });
  if (stats.isDirectory()) {
    try {
      closeSync(openSync(held(fd), 'r'));
      return { fd };
    } catch (error) {
      closeSync(fd);
      return { reason: `it cannot be read: ${errorCode(error)}` };
    }
  }
  closeSync(fd);
  return { reason: stats.isSymbolicLink() ? 'it is a symbolic link' : 'it is not a folder' };
}

/** Where an entry is, relative to its grant, as last known and readable; '' for the grant's root. */
export const pathOf = (entry: Entry): string => readable(namesTo(entry).join('/'));

/** The names from the grant's root to an entry, as bytes, as last known. */
export function namesTo(entry: Entry): string[] {
  const names: string[] = [];
  for (let at = entry; at.parent && !isSynthetic(at.parent); at = at.parent) names.push(at.name);
  return names.reverse();
}

function isBelow(entry: Entry, ancestor: Entry): boolean {
  for (let at: Entry | undefined = entry; at; at = at.parent) if (at === ancestor) return true;
  return false;
}

function kindOf(stats: BigIntStats): EntryKind {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  return stats.isSymbolicLink() ? 'link' : 'special';
}

function syntheticEntry(parent: Entry | undefined, name: string, ino: bigint): Entry {
  const children = new Map<string, Entry>();
  // Its first reference is the tree's own, which is never released.
  return {
    fd: -1,
    kind: 'directory',
    dev: -1n,
    ino,
    mount: undefined,
    isBelow: false,
    below: undefined,
    parent,
    name,
    children,
    references: 1,
  };
}

const bornNs = BigInt(Date.now()) * 1_000_000n;

function syntheticStats(entry: Entry): BigIntStats {
  const time = { atimeNs: bornNs, mtimeNs: bornNs, ctimeNs: bornNs, birthtimeNs: bornNs };
  const nlink = BigInt(2 + entry.children.size);
  const size = { nlink, size: 0n, blocks: 0n, rdev: 0n, dev: entry.dev, ino: entry.ino, mode: 0o040555n };
  // Only the fields that getattr and readdir read; a BigIntStats proper comes from the kernel alone.
  return { ...time, ...size } as BigIntStats;
}
