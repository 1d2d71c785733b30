import { type BigIntStats, closeSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { ENFILE, ENOENT, ENOTDIR, errnoOf, refuse } from './errno.ts';
import type { Grant } from './grant.ts';
import { checkName, held, inside, O_PATH, openAsPlace, readable } from './host.ts';
import type { Policy } from './policy.ts';
import { Qids } from './qids.ts';
import type { Qid } from './wire.ts';

export type EntryKind = 'directory' | 'file' | 'link' | 'special';

/** A file that some fid points at, held by an O_PATH descriptor; its name is where it was last seen. */
export interface Entry {
  /** -1 for the directories that exist only in the tree. */
  readonly fd: number;
  readonly kind: EntryKind;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mount: Mount | undefined;
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
}

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
  mount(parent: Entry, name: string, fd: number, mount: Mount): void {
    const stats = fstatSync(fd, { bigint: true });
    this.#descriptors++;
    parent.children.set(name, this.#entry(fd, stats, parent, name, mount));
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
    return isSynthetic(entry) ? this.qids.synthetic(Number(entry.ino)) : this.qids.of(stats);
  }

  acquire(entry: Entry): Entry {
    entry.references++;
    return entry;
  }

  release(entry: Entry): void {
    let at: Entry | undefined = entry;
    while (at && --at.references === 0) {
      this.close(at.fd);
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
    const stats = lstatSync(inside(parent.fd, name), { bigint: true, throwIfNoEntry: false });
    if (stats?.ino !== entry.ino || stats.dev !== entry.dev) refuse(ENOENT);
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
      for (const entry of synthetic.children.values()) if (!isSynthetic(entry)) this.close(entry.fd);
    }
  }

  #entry(fd: number, stats: BigIntStats, parent: Entry, name: string, mount: Mount | undefined): Entry {
    const { dev, ino } = stats;
    return { fd, kind: kindOf(stats), dev, ino, mount, parent, name, children: new Map(), references: 1 };
  }
}

export const isSynthetic = (entry: Entry): boolean => entry.fd < 0;

/** Opens a folder of the host to be mounted; the reason in words when that cannot be. */
export function openRoot(root: string): { fd: number } | { reason: string } {
  let fd: number;
  try {
    fd = openAsPlace(root);
  } catch (error) {
    if (errnoOf(error) === ENOENT) return { reason: `${root} does not exist` };
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  const stats = fstatSync(fd, { bigint: true });
  if (stats.isDirectory()) {
    try {
      closeSync(openSync(held(fd), 'r'));
      return { fd };
    } catch (error) {
      closeSync(fd);
      return { reason: `${root} cannot be read: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  closeSync(fd);
  return { reason: stats.isSymbolicLink() ? `${root} is a symbolic link` : `${root} is not a folder` };
}

/** Where an entry is, relative to its grant, as last known and readable; '' for the grant's root. */
export function pathOf(entry: Entry): string {
  const names: string[] = [];
  for (let at = entry; at.parent && !isSynthetic(at.parent); at = at.parent) names.push(at.name);
  return readable(names.reverse().join('/'));
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
