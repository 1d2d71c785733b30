import {
  type BigIntStats,
  chmodSync,
  fstatSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { hasSameContent, stateFrom } from '../changes/state.ts';
import { copyHeld, copyHeldSync } from '../copy-held.ts';
import { EPERM, ESTALE, refuse } from '../errno.ts';
import type { Staging } from '../grant.ts';
import { type HostPath, held, inside, openAsPlace } from '../host.ts';
import { type Entry, namesTo, type Sight, type Tree } from '../tree.ts';
import type { Markers } from './markers.ts';

/** Files up to this size are copied at once; what is larger is copied in the thread pool, in bytes. */
const SMALL = 256 * 1024;
/** How often a file that changes while it is copied is copied anew; then the last copy has to do. */
const MOST_TRIES = 3;
const PERMISSIONS = 0o1777;

/** Brings what is about to change from the granted folder into the staging folder. */
export class Raiser {
  readonly #tree: Tree;
  readonly #markers: Markers;
  readonly #drafts: string;
  readonly #ids: () => string;
  readonly #find: (place: { directory: Entry; name: string }) => Sight | undefined;
  readonly #running = new Map<Entry, Promise<void>>();

  constructor(
    tree: Tree,
    markers: Markers,
    staging: Staging,
    find: (place: { directory: Entry; name: string }) => Sight | undefined,
  ) {
    this.#tree = tree;
    this.#markers = markers;
    this.#drafts = draftsFolder(staging.folder);
    this.#ids = staging.ids;
    this.#find = find;
  }

  /** One file, link or folder, a folder without what is in it; nothing to wait for when it is small or there already. */
  raise(entry: Entry): void | Promise<void> {
    if (!entry.isBelow) return;
    if (entry.kind === 'directory') return this.raiseFolder(entry);
    const running = this.#running.get(entry);
    if (running !== undefined) return running;
    const parent = this.#parentOf(entry);
    const stats = fstatSync(entry.fd, { bigint: true });
    if (entry.kind === 'special') refuse(EPERM);
    this.raiseFolder(parent);
    if (entry.kind === 'link') {
      return this.#drafted((draft) => {
        symlinkSync(readlinkSync(inside(folderBelow(parent), entry.name), 'buffer'), draft);
        lutimesSync(draft, seconds(stats.atimeNs), seconds(stats.mtimeNs));
        this.#place(entry, stats, draft);
      });
    }
    if (stats.size <= SMALL) {
      return this.#drafted((draft) => {
        copyHeldSync(entry.fd, draft);
        this.#place(entry, stats, dressed(draft, stats));
      });
    }
    const copying = this.#copy(entry).finally(() => this.#running.delete(entry));
    this.#running.set(entry, copying);
    return copying;
  }

  async #copy(entry: Entry): Promise<void> {
    this.#tree.acquire(entry);
    const draft = this.#draft();
    try {
      let before: BigIntStats;
      for (let attempt = 1; ; attempt++) {
        before = fstatSync(entry.fd, { bigint: true });
        await copyHeld(entry.fd, draft);
        const after = fstatSync(entry.fd, { bigint: true });
        if (attempt === MOST_TRIES || hasSameContent(stateFrom(before), stateFrom(after))) break;
      }
      this.#parentOf(entry);
      this.#place(entry, before, dressed(draft, before));
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    } finally {
      this.#tree.release(entry);
    }
  }

  /** A folder and all above it; what was in it goes on being seen through it. */
  raiseFolder(entry: Entry): void {
    if (!entry.isBelow) return;
    const parent = this.#parentOf(entry);
    this.raiseFolder(parent);
    const stats = fstatSync(entry.fd, { bigint: true });
    this.#drafted((draft) => {
      mkdirSync(draft, 0o700);
      this.#place(entry, stats, dressed(draft, stats));
    });
  }

  /** Makes something in the drafts' folder that is moved away, or removed when that fails. */
  #drafted(make: (draft: string) => void): void {
    const draft = this.#draft();
    try {
      make(draft);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      throw error;
    }
  }

  /** A file, or a folder with everything in it. */
  raiseAll(entry: Entry): void | Promise<void> {
    return entry.kind === 'directory' ? this.#raiseTree(entry) : this.raise(entry);
  }

  async #raiseTree(folder: Entry): Promise<void> {
    this.raiseFolder(folder);
    if (folder.below === undefined) return;
    for (const name of folder.mount?.overlay?.names(folder) ?? []) {
      if (this.#find({ directory: folder, name }) === undefined) continue;
      const { entry } = this.#tree.child(folder, name);
      try {
        await this.raiseAll(entry);
      } finally {
        this.#tree.release(entry);
      }
    }
  }

  /** Marks a folder as changed now. */
  touch(folder: Entry): void {
    const now = new Date();
    utimesSync(held(folder.fd), now, now);
  }

  /** Gives a finished draft its name, and the entry its new file; what it began with is written down last. */
  #place(entry: Entry, was: BigIntStats, draft: string): void {
    const parent = this.#parentOf(entry);
    const path = inside(parent.fd, entry.name);
    const { atimeNs, mtimeNs } = fstatSync(parent.fd, { bigint: true });
    const as = stateFrom(lstatSync(draft, { bigint: true })).file;
    renameSync(draft, path);
    utimesSync(held(parent.fd), seconds(atimeNs), seconds(mtimeNs)); // nobody has changed this folder
    this.#markers.write(namesTo(entry).join('/'), {
      ...{ type: 'based', was: stateFrom(was) },
      // A name of a file that has others is a file of its own from here on.
      ...(was.isDirectory() || was.nlink === 1n ? { as } : {}),
    });
    this.#shift(entry, path);
  }

  #shift(entry: Entry, path: HostPath): void {
    const fd = this.#tree.claim(() => openAsPlace(path));
    const { dev, ino } = fstatSync(fd, { bigint: true });
    if (entry.kind === 'directory') entry.below = entry.fd;
    else this.#tree.close(entry.fd);
    Object.assign(entry, { fd, dev, ino, isBelow: false });
  }

  /** The folder of an entry, refused with ESTALE when something else has its name by now. */
  #parentOf(entry: Entry): Entry {
    const { parent, name } = entry;
    const seen = parent && this.#find({ directory: parent, name });
    if (!parent || seen?.stats.ino !== entry.ino || seen.stats.dev !== entry.dev) return refuse(ESTALE);
    return parent;
  }

  #draft(): string {
    return join(this.#drafts, this.#ids());
  }
}

export const draftsFolder = (staging: string): string => join(staging, 'drafts');
export const filesFolder = (staging: string): string => join(staging, 'files');

const folderBelow = (folder: Entry): number => folder.below ?? folder.fd;

/** Gives a draft the rights and times of what it was copied from. */
function dressed(draft: string, stats: BigIntStats): string {
  chmodSync(draft, Number(stats.mode) & PERMISSIONS);
  utimesSync(draft, seconds(stats.atimeNs), seconds(stats.mtimeNs));
  return draft;
}

const seconds = (ns: bigint): number => Number(ns) / 1e9;
