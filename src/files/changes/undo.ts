import { mkdirSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readable } from '../host.ts';
import { findBelow } from './below.ts';
import { firstPlaceOf, type Node, placeOf } from './history.ts';
import { carry, rejoin, rewrite, setAttributes, stand } from './putting-back.ts';
import type { Recorder } from './recorder.ts';
import { hasContent } from './same-content.ts';
import type { State } from './state.ts';
import { type Finding, type SurveyOptions, stateBelow, survey } from './survey.ts';

/** What stands in the way of an undo. */
export interface Conflict {
  /** Readable, relative to the grant. */
  path: string;
  reason: string;
}

export interface UndoOptions extends SurveyOptions {
  grant: string;
  /** Writes down what is done here, as `user`. */
  recorder: Recorder;
  /** Goes on although somebody outside has changed things; what they left is kept. */
  force?: boolean;
}

/** What was put back, or why nothing was. */
export type UndoOutcome = { undone: Finding[] } | { conflicts: Conflict[] };

/**
 * Puts back what agents changed: names first, then content, then rights and times. With a conflict nothing at all is
 * changed, unless forced. Whatever is replaced or taken away is kept first, by the name of `user`.
 */
export async function undo(options: UndoOptions): Promise<UndoOutcome> {
  const findings = survey(options);
  const conflicts = options.force === true ? [] : conflictsOf(findings, options);
  if (conflicts.length > 0) return { conflicts };
  const work = new Undoing(options, findings);
  await work.run();
  return work.stuck.length > 0 ? { conflicts: work.stuck } : { undone: findings };
}

function conflictsOf(findings: readonly Finding[], { history, root, agent }: UndoOptions): Conflict[] {
  const chosen = new Set(findings.map(({ node }) => node));
  const conflicts: Conflict[] = [];
  const add = (path: string, reason: string) => conflicts.push({ path: readable(path), reason });
  for (const { node, path, change, conflict, is } of findings) {
    if (conflict !== undefined) add(path, conflict);
    const others = [...node.agents].filter((name) => name !== agent && name !== 'user');
    if (agent !== undefined && node.lastBy !== agent && others.length > 0)
      add(path, `${others.join(', ')} changed it, too`);
    const target =
      change === 'deleted' || change === 'renamed' ? firstPlaceOf(node, history.root) : undefined;
    if (target !== undefined && stateBelow(root, target) !== undefined) {
      const there = history.find(target);
      if (there === undefined || !chosen.has(there)) add(target, 'something else stands there now');
    }
    if (change === 'created' && is?.kind === 'directory') {
      for (const name of namesIn(root, path)) {
        const child = node.children.get(name);
        if (child === undefined || !chosen.has(child))
          add(`${path}/${name}`, 'it is in a folder that would go');
      }
    }
  }
  return conflicts;
}

function namesIn(root: number, path: string): string[] {
  using below = findBelow(root, `${path}/x`);
  return below === undefined ? [] : readdirSync(`/proc/self/fd/${below.directory}`, { encoding: 'latin1' });
}

/** One undo while it runs. The history follows what is written down, so places are always those of now. */
class Undoing {
  readonly stuck: Conflict[] = [];
  readonly #options: UndoOptions;
  readonly #findings: readonly Finding[];
  /** Times of folders before this began: whether anybody outside has touched what is in them. */
  readonly #folderTimes = new Map<Node, boolean>();

  constructor(options: UndoOptions, findings: readonly Finding[]) {
    this.#options = options;
    this.#findings = findings;
    for (const { node, is } of findings) {
      if (is?.kind === 'directory')
        this.#folderTimes.set(node, is.mtime === node.leftMtime || node.leftMtime === undefined);
    }
  }

  async run(): Promise<void> {
    const { history } = this.#options;
    await this.#names();
    for (const { node, was } of this.#findings) {
      const place = placeOf(node, history.root);
      if (place !== undefined && was?.kind === 'file' && was.kept !== undefined)
        await this.#content(place, was);
    }
    this.#attributes();
    if (this.#options.agent === undefined) this.#settle();
  }

  /** Removes, moves and makes anew until every name is where it was; in whatever order they do not stand in each other's way. */
  async #names(): Promise<void> {
    let open = this.#findings.filter(({ change }) => ['created', 'renamed', 'deleted'].includes(change));
    while (open.length > 0) {
      const left: Finding[] = [];
      for (const finding of open) if (!(await this.#step(finding))) left.push(finding);
      if (left.length === open.length && !this.#park(left)) {
        for (const { path } of left)
          this.stuck.push({ path: readable(path), reason: 'something is in the way' });
        return;
      }
      open = left;
    }
  }

  /** One name; false when it has to wait for others. */
  async #step({ node, change, was }: Finding): Promise<boolean> {
    const { history } = this.#options;
    if (change === 'created') return this.#remove(node);
    const parent = node.origin?.parent;
    const target = firstPlaceOf(node, history.root);
    const above = parent && placeOf(parent, history.root);
    if (node.origin === undefined || above === undefined || target === undefined) return false;
    const to = above === '' ? node.origin.name : `${above}/${node.origin.name}`;
    if (stateBelow(this.#options.root, to) !== undefined) return false;
    const now = placeOf(node, history.root);
    if (now === undefined) return this.#revive(node, to, was);
    if (`${to}/`.startsWith(`${now}/`)) return false;
    return this.#move(now, to);
  }

  async #remove(node: Node): Promise<boolean> {
    const { recorder, grant, root, history } = this.#options;
    const path = placeOf(node, history.root);
    using below = path === undefined ? undefined : findBelow(root, path);
    if (path === undefined || below === undefined) return true;
    const is = stateBelow(root, path);
    if (is?.kind === 'directory') {
      if (namesIn(root, path).length > 0) return false;
      rmdirSync(stand(below));
    } else if (is !== undefined) {
      await recorder.keep(grant, path, below, is.links > 1 ? 'copy' : 'take');
      unlinkSync(stand(below));
    }
    this.#write(path, { type: 'removed', in: '0' });
    return true;
  }

  #move(from: string, to: string): boolean {
    const { root } = this.#options;
    using source = findBelow(root, from);
    using target = findBelow(root, to);
    if (source === undefined || target === undefined) return false;
    carry(source, target);
    const is = stateBelow(root, to);
    if (is !== undefined) this.#write(from, { type: 'renamed', to, in: '0', toIn: '0', is });
    return true;
  }

  /** Makes anew what is gone. */
  #revive(node: Node, to: string, was: State | undefined): boolean {
    const { root, checkpoints } = this.#options;
    using below = findBelow(root, to);
    if (below === undefined) return false;
    const spare = this.#options.agent === undefined ? node.spare.pop() : undefined;
    if (was?.kind === 'directory') mkdirSync(stand(below), 0o700);
    else if (was !== undefined && !rejoin(below, spare, checkpoints)) rewrite(below, was, checkpoints);
    const is = stateBelow(root, to);
    if (is !== undefined) this.#write(to, { type: 'restored', node: node.number, is });
    return true;
  }

  /** Two things that stand in each other's place: one steps aside. */
  #park(waiting: readonly Finding[]): boolean {
    for (const { node, change } of waiting) {
      const now = placeOf(node, this.#options.history.root);
      if (change !== 'renamed' || now === undefined) continue;
      const aside = `.cowork-undo-${node.number}`;
      if (stateBelow(this.#options.root, aside) === undefined && now !== aside && this.#move(now, aside))
        return true;
    }
    return false;
  }

  async #content(path: string, was: State): Promise<void> {
    const { root, recorder, grant, checkpoints } = this.#options;
    const is = stateBelow(root, path);
    if (is === undefined || was.kept === undefined) return;
    if (hasContent(join(checkpoints, was.kept), was, root, path, is)) return;
    using below = findBelow(root, path);
    if (below === undefined) return;
    await recorder.keep(grant, path, below, 'copy');
    rewrite(below, was, checkpoints, is);
  }

  /** Rights and times; folders last and from below, as work in a folder changes its time. */
  #attributes(): void {
    const { root, history } = this.#options;
    const placed = this.#findings.flatMap(({ node, was }) => {
      const path = placeOf(node, history.root);
      return was === undefined || path === undefined || (node.origin === undefined && node !== history.root)
        ? []
        : [{ node, was, path }];
    });
    const depth = ({ path, was }: { path: string; was: State }) =>
      was.kind === 'directory' ? path.split('/').length * (path === '' ? 0 : 1) : Number.POSITIVE_INFINITY;
    for (const { node, was, path } of placed.sort((a, b) => depth(b) - depth(a) || 0)) {
      const isDated = was.kind !== 'directory' || (this.#folderTimes.get(node) ?? true);
      setAttributes(root, path, was, isDated);
      const is = stateBelow(root, path);
      if (is !== undefined && is.kind !== 'directory') this.#write(path, { type: 'left', is });
    }
  }

  /** What is as it was begins anew: a later change has a first version of its own. */
  #settle(): void {
    this.#dropNames();
    for (const { node, path } of this.#findings) this.#write(path, { type: 'settled', node: node.number });
  }

  /** Names that were kept for a removal that then failed: the file is there, and has one name too many. */
  #dropNames(): void {
    const { history, checkpoints } = this.#options;
    for (const name of history.orphans.splice(0)) rmSync(join(checkpoints, name), { force: true });
    for (const { parent, first, spare } of history.nodes()) {
      if (parent === undefined) continue;
      const taken = first?.isTaken === true && first.kept !== undefined ? [first.kept] : [];
      for (const name of [...spare.splice(0), ...taken]) rmSync(join(checkpoints, name), { force: true });
    }
  }

  #write(path: string, body: Parameters<Recorder['write']>[2]): void {
    const { recorder, grant } = this.#options;
    recorder.write(grant, path, body);
    recorder.history(grant); // reads it back, so that the places of all nodes follow
  }
}
