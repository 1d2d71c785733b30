import { chmodSync, mkdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Below, findBelow } from '../changes/below.ts';
import { type KeptVersions, keptVersions } from '../changes/kept-versions.ts';
import { rewrite, setAttributes, stand, sweepDrafts } from '../changes/putting-back.ts';
import { createRecorder, type Recorder } from '../changes/recorder.ts';
import { isUntouched, type State } from '../changes/state.ts';
import { stateBelow } from '../changes/survey.ts';
import type { Conflict } from '../changes/undo.ts';
import { holding } from '../changes/where.ts';
import type { ChangeKind, Grant } from '../grant.ts';
import { held, readable } from '../host.ts';
import type { StagedVersion } from './open-staged.ts';
import type { StagedChange } from './staged.ts';

export interface ApplyOptions {
  /** The team's folder `checkpoints/`. */
  checkpoints: string;
  grant: { name: string; path: string };
  /** The granted folder, held by a descriptor. */
  root: number;
  versions: readonly StagedVersion[];
  /** Only what is at or below this path; bytes. */
  path?: string | undefined;
  /** Goes on although somebody else has changed things; what stands there is kept. */
  force?: boolean;
  ids: () => string;
}

export type Landed = StagedChange & { agent: string };

/** What landed, or why nothing did. `stuck` is what could not land while the rest did. */
export type ApplyOutcome = { landed: Landed[]; stuck: Conflict[] } | { conflicts: Conflict[] };

/**
 * Does in the granted folder what agents have done in their versions of it, as if they had done it there: with first
 * versions kept and written down, so that `diff` shows it and `undo` takes it back. With a conflict nothing is done at
 * all, unless forced. What was applied before a crash is not applied again.
 */
export async function apply(options: ApplyOptions): Promise<ApplyOutcome> {
  const { versions, path, force = false } = options;
  const all = versions.map((version) => ({ version, changes: version.changes(path) }));
  const conflicts = force ? [] : conflictsOf(all);
  if (conflicts.length > 0) return { conflicts };
  const outcome = { landed: [] as Landed[], stuck: [] as Conflict[] };
  for (const version of versions) {
    const landing = new Landing(options, version);
    const changes = version.changes(path); // after what has landed of others
    // Rights of folders come last: they may forbid what has to be done in them.
    const isLate = ({ change, is }: StagedChange) => change === 'attributes' && is?.kind === 'directory';
    const late = changes.filter(isLate).sort((a, b) => b.path.length - a.path.length);
    for (const change of [...changes.filter((each) => !isLate(each)), ...late]) {
      const reason = force || change.conflict === undefined ? await landing.land(change) : change.conflict;
      if (reason === undefined) outcome.landed.push({ ...change, agent: version.agent });
      else outcome.stuck.push({ path: readable(change.path), reason });
    }
    landing.finish();
  }
  return outcome;
}

/** What stands in the way: edits of others since an agent began, and two agents at one place. */
export function conflictsOf(
  all: readonly { version: { agent: string }; changes: readonly StagedChange[] }[],
): Conflict[] {
  const conflicts: Conflict[] = [];
  const first = new Map<string, { agent: string; change: StagedChange }>();
  for (const { version, changes } of all) {
    for (const change of changes) {
      const { path, conflict } = change;
      if (conflict !== undefined) conflicts.push({ path: readable(path), reason: conflict });
      const other = first.get(path);
      if (other === undefined) first.set(path, { agent: version.agent, change });
      else if (other.agent !== version.agent && !isAgreed(other.change, change))
        conflicts.push({
          path: readable(path),
          reason: `${other.agent} and ${version.agent} have both changed it`,
        });
    }
  }
  return conflicts;
}

const isAgreed = (a: StagedChange, b: StagedChange): boolean =>
  (a.change === 'deleted' && b.change === 'deleted') ||
  (a.is?.kind === 'directory' && b.is?.kind === 'directory' && a.is.mode === b.is.mode);

/** The landing of one agent's version, change by change. */
class Landing {
  readonly #options: ApplyOptions;
  readonly #version: StagedVersion;
  readonly #recorder: Recorder;
  readonly #watch;
  readonly #copies: KeptVersions;
  readonly #grant: Grant;
  /** New folders, whose rights and times are given at the end. */
  readonly #folders: StagedChange[] = [];
  readonly #swept = new Set<string>();

  constructor(options: ApplyOptions, version: StagedVersion) {
    const { checkpoints, grant, ids } = options;
    this.#options = options;
    this.#version = version;
    this.#grant = { name: grant.name, root: grant.path, mode: 'rw' };
    this.#recorder = createRecorder({ checkpoints, writer: version.agent, incarnation: 0, ids });
    this.#watch = this.#recorder.watch(this.#grant);
    this.#copies = keptVersions(checkpoints, version.agent, ids);
  }

  /** Undefined when it has landed, else why not. */
  async land(change: StagedChange): Promise<string | undefined> {
    const { root } = this.#options;
    if (change.path === '') return this.#top(change);
    using below = findBelow(root, change.path);
    if (below === undefined) return 'the folder that it would be in is not there';
    const folder = dirname(change.path);
    if (!this.#swept.has(folder)) sweepDrafts(below.directory);
    this.#swept.add(folder);
    try {
      return await this.#at(below, change);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      return error.message;
    }
  }

  async #at(below: Below, change: StagedChange): Promise<string | undefined> {
    const { path, was, is } = change;
    if (change.change === 'deleted') return this.#do('remove', below, change, () => remove(below, was));
    if (is === undefined) return undefined;
    if (change.change === 'attributes')
      return this.#do('attributes', below, change, () => setRights(this.#options.root, path, is));
    if (is.kind === 'directory') {
      this.#folders.push(change);
      return this.#do('create', below, change, () => mkdirSync(stand(below), 0o700));
    }
    if (is.kind === 'special') return 'it is no file';
    const copy = is.kind === 'file' ? await this.#copyOf(path) : is;
    if (copy === undefined) return 'the agent has taken it away just now';
    const owner = was ?? copy;
    const made = { ...copy, uid: owner.uid, gid: owner.gid };
    try {
      return await this.#do(was === undefined ? 'create' : 'write', below, { ...change, is: copy }, () => {
        rewrite(below, made, this.#options.checkpoints, was);
        setAttributes(this.#options.root, path, { ...made, mode: made.mode & PERMISSIONS }, true);
      });
    } finally {
      if (copy.kept !== undefined) unlinkSync(join(this.#options.checkpoints, copy.kept));
    }
  }

  /** A copy of a staged file that the agent can't change any more, whole also when it is being written. */
  #copyOf(path: string): Promise<State | undefined> {
    using below = findBelow(this.#version.files, path);
    return below === undefined ? Promise.resolve(undefined) : holding(below, (fd) => this.#copies.copy(fd));
  }

  /** One change, kept and written down as if the agent had made it here; not when somebody was quicker. */
  async #do(
    kind: ChangeKind,
    below: Below,
    change: StagedChange,
    work: () => void,
  ): Promise<string | undefined> {
    const { root, grant } = this.#options;
    const { path, was, is } = change;
    const asked = {
      ...{ kind, grant: this.#grant, path: readable(path), file: join(grant.path, readable(path)), root },
      spot: { directory: below.directory, name: below.name },
    };
    await this.#recorder.before(asked);
    const now = stateBelow(root, path);
    const isAsSeen = was === undefined || now === undefined ? was === now : isSame(was, now);
    if (!isAsSeen) return 'it was changed outside just now';
    work();
    this.#watch.after(asked);
    this.#version.write(path, { type: 'landed', is: stateBelow(root, path) ?? null, staged: is ?? null });
    return undefined;
  }

  async #top({ is }: StagedChange): Promise<undefined> {
    const { root, grant } = this.#options;
    const asked = {
      kind: 'attributes',
      grant: this.#grant,
      path: '',
      file: grant.path,
      root,
      spot: { fd: root },
    } as const;
    await this.#recorder.before(asked);
    if (is !== undefined) chmodSync(held(root), is.mode & PERMISSIONS);
    this.#watch.after(asked);
    const now = stateBelow(root, '');
    if (now !== undefined) this.#version.write('', { type: 'based', was: now });
  }

  finish(): void {
    const { root } = this.#options;
    for (const { path, is } of this.#folders.reverse()) {
      if (is !== undefined) setAttributes(root, path, { ...is, mode: is.mode & PERMISSIONS }, true);
    }
  }
}

/** What is in a folder changes its time; whether it is empty, the kernel says. */
const isSame = (was: State, now: State): boolean =>
  was.kind === 'directory' ? now.kind === 'directory' : isUntouched(was, now);

function remove(below: Below, was: State | undefined): void {
  if (was?.kind === 'directory') rmdirSync(stand(below));
  else unlinkSync(stand(below));
}

function setRights(root: number, path: string, is: State): void {
  setAttributes(root, path, { ...is, mode: is.mode & PERMISSIONS }, false);
}

const PERMISSIONS = 0o1777;
