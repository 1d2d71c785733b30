import { openJournalReader } from '../../store/journal-reader.ts';
import { type ChangeRecord, parseChange } from './records.ts';
import { isUntouched, type State } from './state.ts';

/** Something that was changed: where it was at first, where it is now. */
export interface Node {
  readonly number: number;
  /** Undefined when it is gone, and for the grant's root. */
  parent: Node | undefined;
  name: string;
  readonly children: Map<string, Node>;
  /** Its first place; undefined for what agents made. */
  readonly origin: { parent: Node; name: string } | undefined;
  /** What it was before the first change by anybody of the team. */
  first: State | undefined;
  /** What it was before the first change by each. */
  readonly firsts: Map<string, State>;
  /** Further kept versions: what each found that came after others. */
  readonly later: { by: string; at: string; was: State }[];
  readonly agents: Set<string>;
  lastBy: string;
  lastAt: string;
  /** Who made, moved or removed it. */
  readonly placedBy: Set<string>;
  /** The file that was last seen there. */
  file: string | undefined;
  /** Names that were kept of a file that has others. */
  readonly spare: string[];
  /** Whether somebody outside the team changed it in between. */
  isForeign: boolean;
  /** Of a folder: its time as it was last left. */
  leftMtime: string | undefined;
}

/**
 * What the journal of changes says of one grant: a tree of what was touched, and only of that. It is told by names and
 * never reads a file of the grant, so whoever uses it compares with what is there.
 */
export class History {
  readonly root: Node;
  /** What was there before the team and is not any more. */
  readonly gone = new Set<Node>();
  /** Names that were kept of files that agents made and removed: nobody needs them. */
  readonly orphans: string[] = [];
  readonly #nodes = new Map<number, Node>();
  /** How the team left each file. */
  readonly #lefts = new Map<string, State>();

  /** What each file with several names was at first. */
  readonly #firsts = new Map<string, State>();

  constructor() {
    this.root = this.#make(undefined, '', undefined);
  }

  *nodes(): Generator<Node> {
    yield* this.#nodes.values();
  }

  node(number: number): Node | undefined {
    return this.#nodes.get(number);
  }

  /** What is known of a path; undefined when nothing is. */
  find(path: string): Node | undefined {
    let at: Node | undefined = this.root;
    for (const name of namesOf(path)) at = at?.children.get(name);
    return at;
  }

  leftOf(file: string): State | undefined {
    return this.#lefts.get(file);
  }

  /** Whether something that was there before the team stands at a path, or has stood there and is gone. */
  isPrecious(path: string): boolean {
    const node = this.find(path);
    if (node === undefined || node.origin !== undefined) return true;
    const { parent, name } = node;
    for (const { origin } of this.gone) if (origin?.parent === parent && origin?.name === name) return true;
    return false;
  }

  apply(record: ChangeRecord): void {
    switch (record.type) {
      case 'before':
        this.#before(this.#resolve(record.path), record);
        break;
      case 'left':
        this.#leave(this.#touch(this.#resolve(record.path), record), record.is);
        break;
      case 'created':
        this.#arrive(this.#make(undefined, '', undefined), record.path, record);
        break;
      case 'linked':
        this.#arrive(this.#make(undefined, '', undefined), record.to, record);
        break;
      case 'removed':
        this.#remove(this.#depart(record));
        break;
      case 'renamed': {
        const node = this.#depart(record);
        this.#detach(node);
        this.#arrive(node, record.to, { ...record, in: record.toIn });
        break;
      }
      case 'restored':
        this.#restore(record);
        break;
      case 'settled':
        this.#settle(this.#nodes.get(record.node));
    }
  }

  /** Who leaves its place, by whose hand. */
  #depart(record: { path: string; by: string; at: string; in: string }): Node {
    const node = this.#touch(this.#resolve(record.path), record);
    node.placedBy.add(record.by);
    this.#enter(node.parent, record.in);
    return node;
  }

  #arrive(node: Node, path: string, record: { by: string; at: string; in: string; is: State }): void {
    this.#touch(this.#place(path, node), record).placedBy.add(record.by);
    this.#enter(node.parent, record.in);
    this.#leave(node, record.is);
  }

  #restore({ node: number, is }: { node: number; is: State }): void {
    const node = this.#nodes.get(number);
    if (node?.origin === undefined || !this.gone.delete(node)) return;
    node.parent = node.origin.parent;
    node.name = node.origin.name;
    node.parent.children.set(node.name, node);
    this.#leave(node, is);
  }

  #before(node: Node, record: ChangeRecord & { type: 'before' }): void {
    const { by, at, was } = record;
    const left = this.#lefts.get(was.file);
    const isReplaced = node.file !== undefined && node.file !== was.file;
    const isChanged = isReplaced || (left !== undefined && !isUntouched(left, was));
    this.#touch(node, record);
    node.file = was.file;
    const isOriginal = node.origin !== undefined || node === this.root;
    if (isOriginal && node.first === undefined) node.first = this.#firstOf(was);
    else if (isOriginal && isIncomplete(node.first, was)) {
      // The file itself was to be removed, and has stayed: its second name goes when it is put back.
      if (node.first?.isTaken === true && node.first.kept !== undefined) node.spare.push(node.first.kept);
      complete(node.first, was);
    } else {
      if (isChanged && was.kind !== 'directory') node.isForeign = true;
      if (was.kept !== undefined) node.later.push({ by, at, was });
    }
    if (was.link !== undefined) node.spare.push(was.link);
    if (was.isTaken === true && was.kept !== undefined && node.first?.kept !== was.kept)
      node.spare.push(was.kept);
    const own = node.firsts.get(by);
    if (own === undefined) node.firsts.set(by, { ...was });
    else if (isIncomplete(own, was)) complete(own, was);
  }

  /** The first state of a file, by whichever of its names it was changed first. */
  #firstOf(was: State): State {
    if (was.kind !== 'file' || was.links === 1) return { ...was };
    const known = this.#firsts.get(was.file);
    if (isIncomplete(known, was)) complete(known, was);
    if (known !== undefined) return known;
    const first = { ...was };
    this.#firsts.set(was.file, first);
    return first;
  }

  #touch(node: Node, { by, at }: { by: string; at: string }): Node {
    node.agents.add(by);
    node.lastBy = by;
    node.lastAt = at;
    return node;
  }

  #leave(node: Node, is: State): void {
    node.file = is.file;
    if (is.kind !== 'directory') this.#lefts.set(is.file, is);
  }

  #enter(folder: Node | undefined, mtime: string): void {
    if (folder !== undefined) folder.leftMtime = mtime;
  }

  /** The node at a path; what nothing is known of has always been there. */
  #resolve(path: string): Node {
    let at = this.root;
    for (const name of namesOf(path)) {
      const child = at.children.get(name) ?? this.#make(at, name, { parent: at, name });
      at.children.set(name, child);
      at = child;
    }
    return at;
  }

  #place(path: string, node: Node): Node {
    const names = namesOf(path);
    const name = names.pop() ?? '';
    const parent = this.#resolve(names.join('/'));
    const there = parent.children.get(name);
    if (there !== undefined && there !== node) this.#remove(there);
    // A folder below itself can only come of a torn journal.
    for (let at: Node | undefined = parent; at; at = at.parent) if (at === node) return node;
    node.parent = parent;
    node.name = name;
    parent.children.set(name, node);
    return node;
  }

  #detach(node: Node): void {
    if (node.parent?.children.get(node.name) === node) node.parent.children.delete(node.name);
    node.parent = undefined;
  }

  #remove(node: Node): void {
    if (node === this.root) return;
    this.#detach(node);
    if (node.origin !== undefined) this.gone.add(node);
    else this.#forget(node);
  }

  /** What agents made and removed again is nothing, unless something of before once stood in it. */
  #forget(node: Node): void {
    for (const child of [...node.children.values()]) this.#remove(child);
    this.orphans.push(...node.spare);
    this.#nodes.delete(node.number);
  }

  #settle(node: Node | undefined): void {
    if (node === undefined) return;
    if (node.first !== undefined) this.#firsts.delete(node.first.file);
    node.first = undefined;
    node.firsts.clear();
    node.later.length = 0;
    node.agents.clear();
    node.placedBy.clear();
    node.isForeign = false;
    node.leftMtime = undefined;
  }

  #number = 0;

  // Numbers follow the order of the journal, so they are the same for every reader.
  #make(parent: Node | undefined, name: string, origin: Node['origin']): Node {
    const node: Node = {
      ...{ number: this.#number++, parent, name, children: new Map(), origin, first: undefined },
      ...{ firsts: new Map(), later: [], agents: new Set(), lastBy: '', lastAt: '', placedBy: new Set() },
      ...{ file: undefined, spare: [], isForeign: false, leftMtime: undefined },
    };
    this.#nodes.set(node.number, node);
    return node;
  }
}

/** Whether a state lacks content that is kept now, or has only the file itself, which has stayed where it was. */
function isIncomplete(earlier: State | undefined, was: State): boolean {
  if (earlier === undefined || was.kept === undefined) return false;
  return earlier.kept === undefined || (earlier.isTaken === true && earlier.file === was.file);
}

/** Completes a state that was taken when only name, rights or times changed with the content, which is kept now. */
function complete(earlier: State | undefined, { kept, size, file, isTaken = false }: State): void {
  if (earlier !== undefined && kept !== undefined) Object.assign(earlier, { kept, size, file, isTaken });
}

export const namesOf = (path: string): string[] => (path === '' ? [] : path.split('/'));

/** Where a node is now, as bytes; undefined when it, or a folder above it, is gone. */
export function placeOf(node: Node, root: Node): string | undefined {
  const names: string[] = [];
  let at: Node | undefined = node;
  for (; at !== undefined && at !== root; at = at.parent) names.push(at.name);
  return at === undefined ? undefined : names.reverse().join('/');
}

/** Where a node was at first, as bytes; undefined for what agents made. */
export function firstPlaceOf(node: Node, root: Node): string | undefined {
  const names: string[] = [];
  let at: Node | undefined = node;
  for (; at !== undefined && at !== root; at = at.origin?.parent) {
    if (at.origin === undefined) return undefined;
    names.push(at.origin.name);
  }
  return names.reverse().join('/');
}

/** Reads the journal of a team's changes again and again; each look costs what is new. */
export class Histories {
  readonly #reader;
  #all = new Map<string, History>();

  constructor(file: string) {
    this.#reader = openJournalReader(file, parseChange);
  }

  /** The history of a grant, up to now. */
  of(grant: string): History {
    const { records, isReset } = this.#reader.read();
    if (isReset) this.#all = new Map();
    for (const record of records) this.#history(record.grant).apply(record);
    return this.#history(grant);
  }

  #history(grant: string): History {
    const known = this.#all.get(grant);
    if (known !== undefined) return known;
    const made = new History();
    this.#all.set(grant, made);
    return made;
  }
}
