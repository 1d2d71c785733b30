import { fstatSync } from 'node:fs';
import { openJournal } from '../../store/journal.ts';
import { RECORD_VERSION } from '../../store/record.ts';
import { EAGAIN, errnoOf, refuse } from '../errno.ts';
import type { FileEvent, Grant } from '../grant.ts';
import { inside } from '../host.ts';
import type { Change, Policy, Spot } from '../policy.ts';
import { Histories, type History, type Node } from './history.ts';
import { keptVersions } from './kept-versions.ts';
import { changesFile } from './paths.ts';
import type { ChangeBody } from './records.ts';
import { isUntouched, type State, stateOf } from './state.ts';
import { holding, pathBelow, stateAt } from './where.ts';

export interface RecorderOptions {
  /** The team's folder `checkpoints/`. */
  checkpoints: string;
  /** Who writes: an agent, or `user`. */
  writer: string;
  incarnation: number;
  ids: () => string;
  clock?: () => number;
  log?: (event: FileEvent) => void;
}

/** Keeps the first version of what one writer changes, and writes down what it changed, for all its grants. */
export interface Recorder {
  /** Keeps what is about to be changed; undefined when nothing has to be kept. */
  before(change: Change): Promise<void> | undefined;
  /** Writes down what has happened; the second half of a policy. */
  watch(grant: Grant): Required<Pick<Policy, 'after' | 'opened' | 'closed'>>;
  history(grant: string): History;
  /** Keeps one place as it is, with its content, and says what it was; undefined when nothing is there. */
  keep(grant: string, path: string, spot: Spot, content: Content): Promise<State | undefined>;
  write(grant: string, path: string, body: ChangeBody): void;
}

/** How often a place is kept anew because something else stands there by now. */
const MOST_TRIES = 5;

/**
 * The order is what makes it safe: the copy and its `before` record are on the disk when the change is let through. What is
 * written after a change only says what came of it; when that is lost, nothing but a name of what agents made is.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { checkpoints, writer, incarnation, ids, clock = Date.now, log = () => {} } = options;
  const journal = openJournal(changesFile(checkpoints));
  const histories = new Histories(changesFile(checkpoints));
  const versions = keptVersions(checkpoints, writer, ids);
  /** Files that this writer has open for writing, by how many descriptors. */
  const open = new Map<string, number>();
  /** Places that are being kept now. */
  const keeping = new Map<string, Promise<void>>();

  const write = (grant: string, path: string, body: ChangeBody): void => {
    const at = new Date(clock()).toISOString();
    // The fields of a body do not clash with those of a head.
    journal.write({
      v: RECORD_VERSION,
      id: ids(),
      by: writer,
      incarnation,
      at,
      grant,
      path,
      ...body,
    } as never);
  };

  const keep: Recorder['keep'] = async (grant, path, spot, content) => {
    const was = await holding(spot, async (fd) => {
      const state = stateOf(fd, 'name' in spot ? nameOf(spot) : undefined);
      if (state.kind !== 'file' || content === 'none') return state;
      if (content === 'copy' || !('name' in spot)) return versions.copy(fd);
      return content === 'link' ? versions.link(fd, nameOf(spot)) : versions.take(fd, nameOf(spot));
    });
    if (was === undefined) return undefined;
    write(grant, path, { type: 'before', was });
    await journal.settle();
    return was;
  };

  /** Keeps a place unless it is known as it is; again when something else stands there afterwards. */
  const secure = async (grant: string, root: number, spot: Spot, content: Content): Promise<void> => {
    for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
      const path = pathBelow(root, spot);
      const state = stateAt(spot);
      const needed =
        path === undefined || state === undefined ? undefined : need(grant, path, state, content);
      if (path === undefined || needed === undefined) return;
      const kept = await keep(grant, path, spot, needed);
      const now = stateAt(spot);
      if (kept !== undefined && now?.file === kept.file) return;
    }
    refuse(EAGAIN);
  };

  /** What has to be kept of a place before it is changed; undefined when nothing. */
  const need = (grant: string, path: string, now: State, content: Content): Content | undefined => {
    const isContent = content !== 'none' && now.kind === 'file';
    const history = histories.of(grant);
    const node = history.find(path);
    const own = node?.firsts.get(writer);
    const isSecond = content === 'take' && now.kind === 'file' && now.links > 1 && node?.spare.length === 0;
    if (node === undefined) return content;
    if (isOwn(node, writer) && now.kind === 'directory') return undefined;
    if (now.kind === 'directory') return own === undefined ? content : undefined;
    const isKnown = isOwn(node, writer) || (own !== undefined && (!isContent || hasCopy(own, now)));
    if (!isKnown && !open.has(now.file)) return content;
    // Whoever was here in between must not lose anything either.
    const left = history.leftOf(now.file);
    const isAsLeft = left !== undefined && isUntouched(left, now);
    const isAsFound = own !== undefined && isUntouched(own, now);
    if (!isAsLeft && !isAsFound && !open.has(now.file)) return content;
    return isSecond && !isOwn(node, writer) ? 'link' : undefined;
  };

  const before = ({
    kind,
    grant: { name: grant },
    root,
    spot,
    toSpot,
  }: Change): Promise<void> | undefined => {
    const places: [Spot, Content][] = [];
    if (kind === 'rename' && stateAt(spot) === undefined) return undefined; // it fails
    const folder = (at: Spot): void => {
      if ('directory' in at) places.push([{ fd: at.directory }, 'none']);
    };
    if (kind === 'write') places.push([spot, 'copy']);
    else if (kind === 'attributes') places.push([spot, 'none']);
    else folder(spot);
    if (kind === 'remove') places.push([spot, 'take']);
    if (kind === 'rename') places.push([spot, 'none']);
    // What is changed by a new name is changed by the old one, too.
    if (kind === 'link') places.push([spot, 'copy']);
    if (toSpot) folder(toSpot);
    if (kind === 'rename' && toSpot) places.push([toSpot, 'take']);
    const waiting = places.filter(([at, content]) => mustWait(grant, root, at, content));
    if (waiting.length === 0) return undefined;
    return secureAll(grant, root, places);
  };

  const mustWait = (grant: string, root: number, spot: Spot, content: Content): boolean => {
    const path = pathBelow(root, spot);
    const state = stateAt(spot);
    if (path === undefined || state === undefined) return false;
    return keeping.has(`${grant}/${path}`) || need(grant, path, state, content) !== undefined;
  };

  /** One after the other: whoever wants the same place waits for who came first. */
  const secureAll = async (grant: string, root: number, places: [Spot, Content][]): Promise<void> => {
    for (const [spot, content] of places) {
      const key = `${grant}/${pathBelow(root, spot)}`;
      const last = keeping.get(key) ?? Promise.resolve();
      const next = last.catch(() => {}).then(() => secure(grant, root, spot, content));
      keeping.set(key, next);
      try {
        await next;
      } finally {
        if (keeping.get(key) === next) keeping.delete(key);
      }
    }
  };

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      // The change has happened; that it is not written down is told, and undo will call it somebody else's.
      if (errnoOf(error) === undefined) log({ type: 'fault', reason: String(error) });
    }
  };

  const left = (grant: string, root: number, spot: Spot): void => {
    const path = pathBelow(root, spot);
    const is = stateAt(spot);
    if (path === undefined || is === undefined || open.has(is.file)) return;
    const known = histories.of(grant).leftOf(is.file);
    if (known === undefined || !isUntouched(known, is)) write(grant, path, { type: 'left', is });
  };

  const after = ({ kind, grant: { name: grant }, root, spot, toSpot }: Change): void => {
    const path = pathBelow(root, spot);
    const at = toSpot ?? spot;
    const to = toSpot && pathBelow(root, toSpot);
    if (path === undefined) return;
    if (kind === 'write' || kind === 'attributes') left(grant, root, spot);
    if (kind === 'remove') write(grant, path, { type: 'removed', in: folderTime(spot) });
    const is = stateAt(at);
    if (is === undefined) return; // it is removed, or somebody has taken it away again
    if (kind === 'create') write(grant, path, { type: 'created', is, in: folderTime(spot) });
    if (kind === 'link' && to !== undefined)
      write(grant, path, { type: 'linked', to, is, in: folderTime(at) });
    // Of two names of one file, a rename leaves both (POSIX).
    if (kind === 'rename' && to !== undefined && stateAt(spot)?.file !== is.file) {
      write(grant, path, { type: 'renamed', to, is, in: folderTime(spot), toIn: folderTime(at) });
    }
  };

  return {
    before,
    watch: ({ name: grant }) => ({
      after: (change) => guarded(() => after(change)),
      opened: (_root, fd) =>
        guarded(() => {
          const file = stateAt({ fd })?.file ?? '';
          open.set(file, (open.get(file) ?? 0) + 1);
        }),
      closed: (root, fd) =>
        guarded(() => {
          const file = stateAt({ fd })?.file ?? '';
          const count = (open.get(file) ?? 1) - 1;
          if (count > 0) open.set(file, count);
          else open.delete(file);
          left(grant, root, { fd });
        }),
    }),
    history: (grant) => histories.of(grant),
    keep,
    write,
  };
}

/**
 * How much of a file is kept: only what it is; its content; its content before its name goes; only one more name, when the
 * content is kept already and the file has other names.
 */
export type Content = 'none' | 'copy' | 'take' | 'link';

const hasCopy = (own: State, now: State): boolean =>
  own.kept !== undefined && !(own.isTaken === true && own.file === now.file);

/** Whether a writer made it itself and nobody else has touched it. */
const isOwn = (node: Node, writer: string): boolean =>
  node.origin === undefined && node.agents.size === 1 && node.agents.has(writer);

const nameOf = ({ directory, name }: { directory: number; name: string }) => inside(directory, name);

const folderTime = (spot: Spot): string =>
  'directory' in spot ? String(fstatSync(spot.directory, { bigint: true }).mtimeNs) : '0';
