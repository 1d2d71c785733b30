import { type BigIntStats, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { isUntouched, type State, stateFrom } from '../changes/state.ts';
import { EEXIST, ENOENT, ENOTEMPTY, refuse } from '../errno.ts';
import type { ChangeKind, Staging } from '../grant.ts';
import { type HostPath, held, inside } from '../host.ts';
import type { Done, Entry, Overlay, Sight, Tree } from '../tree.ts';
import { namesTo } from '../tree.ts';
import { Markers, markerAt } from './markers.ts';
import { Raiser } from './raise.ts';

interface Place {
  directory: Entry;
  name: string;
}

/**
 * What an agent under review sees: its own versions over the granted folder, which nothing here ever changes. A place shows
 * the staged version when there is one; nothing when the agent has removed what was there; else what stands in the folder.
 */
export class ReviewOverlay implements Overlay {
  readonly #tree: Tree;
  readonly #markers: Markers;
  readonly #raiser: Raiser;
  /** Staged files that the agent has open for writing, by how many descriptors. */
  readonly #writing = new Map<string, number>();

  constructor(tree: Tree, staging: Staging) {
    this.#tree = tree;
    this.#markers = new Markers(staging);
    this.#raiser = new Raiser(tree, this.#markers, staging, (place) =>
      this.find(place.directory, place.name),
    );
  }

  opened(file: State): void {
    this.#writing.set(file.file, (this.#writing.get(file.file) ?? 0) + 1);
  }

  closed(file: State): void {
    const count = (this.#writing.get(file.file) ?? 1) - 1;
    if (count > 0) this.#writing.set(file.file, count);
    else this.#writing.delete(file.file);
  }

  find(directory: Entry, name: string): Sight | undefined {
    const folder = belowOf(directory);
    const marker = this.#markerOf({ directory, name });
    const below = folder === undefined || marker?.isGone === true ? undefined : lookAt(inside(folder, name));
    const own = directory.isBelow ? undefined : lookAt(inside(directory.fd, name));
    if (
      own !== undefined &&
      marker?.landed !== undefined &&
      this.#isSettled(own, marker.landed, directory, name)
    ) {
      unlinkSync(own.path);
      return below && { ...below, isBelow: true, below: undefined };
    }
    if (own === undefined) return below && { ...below, isBelow: true, below: undefined };
    const isMerged = own.stats.isDirectory() && below?.stats.isDirectory() === true;
    return { ...own, isBelow: false, below: isMerged ? below : undefined };
  }

  /** Whether a staged file is what was applied, so that the granted folder can show again; never while somebody uses it. */
  #isSettled({ stats }: { stats: BigIntStats }, landed: State, directory: Entry, name: string): boolean {
    const state = stateFrom(stats);
    return (
      state.kind !== 'directory' &&
      isUntouched(landed, state) &&
      !this.#writing.has(state.file) &&
      !directory.children.has(name)
    );
  }

  originOf(stats: BigIntStats): { dev: bigint; ino: bigint } | undefined {
    const origin = this.#markers.originOf(stateFrom(stats).file);
    const [dev, ino] = origin?.split(':') ?? [];
    return dev === undefined || ino === undefined ? undefined : { dev: BigInt(dev), ino: BigInt(ino) };
  }

  names(directory: Entry): string[] {
    const own = directory.isBelow ? [] : namesIn(directory.fd);
    const folder = belowOf(directory);
    if (folder === undefined) return own;
    const all = new Set(own);
    const marker = markerAt(this.#markers.read(), namesTo(directory));
    for (const name of namesIn(folder)) if (marker?.children.get(name)?.isGone !== true) all.add(name);
    return [...all];
  }

  prepare(kind: ChangeKind, at: Place | Entry, to?: Place): Done | Promise<Done> {
    if (!('directory' in at)) return whenDone(this.#raiser.raise(at), undefined);
    if (kind === 'create') return this.#prepareName(at);
    if (kind === 'remove') return this.#prepareRemoval(at);
    if (kind === 'link' && to) {
      this.#prepareName(to);
      return whenDone(
        this.#withEntry(at, (entry) => this.#raiser.raise(entry)),
        undefined,
      );
    }
    return to && this.#prepareRename(at, to);
  }

  #prepareName(place: Place): undefined {
    if (this.find(place.directory, place.name)) refuse(EEXIST);
    this.#raiser.raiseFolder(place.directory);
  }

  #prepareRemoval(place: Place): undefined {
    const seen = this.find(place.directory, place.name) ?? refuse(ENOENT);
    if (seen.stats.isDirectory()) this.#checkEmpty(place);
    const was = this.#isHiding(place);
    this.#raiser.raiseFolder(place.directory);
    if (was !== undefined) this.#markers.write(pathOf(place), { type: 'removed', was });
    this.#raiser.touch(place.directory);
  }

  /**
   * The order here is what a keeper that is killed leaves right: everything is in the staging folder before its name
   * changes, and what the change hides is written down afterwards, so the worst that can come of it is a name too many.
   */
  #prepareRename(from: Place, to: Place): Done | Promise<Done> {
    const source = this.find(from.directory, from.name) ?? refuse(ENOENT);
    const target = this.find(to.directory, to.name);
    if (from.directory === to.directory && from.name === to.name)
      return whenDone(
        this.#withEntry(from, (entry) => this.#raiser.raise(entry)),
        undefined,
      );
    const isFolder = source.stats.isDirectory();
    if (target && isFolder) this.#checkEmpty(to);
    const [lost, replaced] = [this.#isHiding(from), this.#isHiding(to)];
    this.#raiser.raiseFolder(from.directory);
    this.#raiser.raiseFolder(to.directory);
    const done = (): void => {
      if (lost !== undefined) this.#markers.write(pathOf(from), { type: 'removed', was: lost });
      if (replaced !== undefined)
        this.#markers.write(pathOf(to), { type: isFolder ? 'removed' : 'based', was: replaced });
      const moved = to.directory.children.get(to.name);
      if (moved) this.#detach(moved);
    };
    return whenDone(
      this.#withEntry(from, (entry) => this.#raiser.raiseAll(entry)),
      done,
    );
  }

  /** What of the granted folder is seen, or was when the agent's version began, at a place that is about to change hands. */
  #isHiding(place: Place): State | undefined {
    const folder = belowOf(place.directory);
    const marker = this.#markerOf(place);
    if (folder === undefined || marker?.isGone === true) return undefined;
    const below = lookAt(inside(folder, place.name));
    if (below === undefined) return undefined;
    const seen = this.find(place.directory, place.name);
    if (marker?.was !== undefined && seen?.isBelow === false) return marker.was;
    // Somebody has made it since, behind the agent's own: the agent has never seen it, so it is kept from being lost.
    if (seen?.isBelow === false && !below.stats.isDirectory()) return stateFrom(seen.stats);
    return stateFrom(below.stats);
  }

  /** What has moved with a folder lies in the staging folder alone. */
  #detach(entry: Entry): void {
    if (entry.below !== undefined) this.#tree.close(entry.below);
    entry.below = undefined;
    for (const child of entry.children.values()) this.#detach(child);
  }

  #checkEmpty(place: Place): void {
    const isEmpty = this.#withEntry(place, (entry) => this.names(entry).length === 0);
    if (!isEmpty) refuse(ENOTEMPTY);
  }

  #withEntry<R>(place: Place, use: (entry: Entry) => R): R {
    const { entry } = this.#tree.child(place.directory, place.name);
    let result: R | undefined;
    try {
      result = use(entry);
      return result;
    } finally {
      if (result instanceof Promise) void result.then(...both(() => this.#tree.release(entry)));
      else this.#tree.release(entry);
    }
  }

  #markerOf({ directory, name }: Place) {
    return markerAt(this.#markers.read(), [...namesTo(directory), name]);
  }
}

const belowOf = (directory: Entry): number | undefined =>
  directory.isBelow ? directory.fd : directory.below;

const pathOf = ({ directory, name }: Place): string => [...namesTo(directory), name].join('/');

const both = (work: () => void): [() => void, () => void] => [work, work];

function lookAt(path: HostPath) {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && { path, stats };
}

const namesIn = (fd: number): string[] => readdirSync(held(fd), { encoding: 'latin1' });

function whenDone(wait: void | Promise<void>, done: Done): Done | Promise<Done> {
  return wait instanceof Promise ? wait.then(() => done) : done;
}
