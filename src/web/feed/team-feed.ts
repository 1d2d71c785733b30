import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError, toCoworkError } from '../../protocol/errors.ts';
import { openBackend } from '../../store/open-backend.ts';
import { createBell, watchFolder } from '../../store/watch.ts';
import { openTaskList } from '../../tasklist/tasklist.ts';
import type { TeamEvent, TeamParts, TeamSnapshot, TimelineItem } from '../shapes.ts';
import { openMailSource } from './mail-source.ts';
import { otherEvents } from './other-events.ts';
import { openTaskSource } from './task-source.ts';
import { readParts } from './team-parts.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** Items of the line of time that a snapshot brings. */
export const PAGE = 200;
/** Shortest time between two looks, in milliseconds: changes that come together are one. */
const LOOK_MS = 60;
/** Longest time without a look, in milliseconds: events of the kernel get lost. */
const RESCAN_MS = 1_000;
/** Events that a page which was away may be behind; one that is further behind begins anew. */
const KEPT = 500;

/** An event with its place. */
export interface Placed {
  id: string;
  event: TeamEvent;
}

/** A team as its files show it, for as many pages as look. It owns nothing: a new one gives the same. */
export interface TeamFeed extends AsyncDisposable {
  readonly timeline: Timeline;
  /** Throws when the team is gone. */
  snapshot(): Omit<TeamSnapshot, 'readOnly'>;
  /**
   * Calls `send` with what came after the event `after`, then with all that comes. What is too long ago, or of another feed
   * (the server was started anew), is answered by a snapshot. Returns what ends it.
   */
  subscribe(after: string | undefined, send: (placed: Placed) => void): () => void;
}

/** Follows a team's files until it is disposed of. Throws TEAM_UNKNOWN, TEAM_UNREADABLE. */
export async function openTeamFeed(dir: string): Promise<TeamFeed> {
  const backend = openBackend(dir);
  const own = randomBytes(6).toString('base64url');
  const ending = new AbortController();
  const { signal } = ending;
  const bell = createBell();
  const mail = openMailSource(backend);
  const list = openTaskList(dir);
  const tasks = openTaskSource(list);
  const timeline = createTimeline();
  const others = new Set<string>();
  const listeners = new Set<(placed: Placed) => void>();
  const kept: Placed[] = [];
  let count = 0;
  let parts: TeamParts | undefined;
  let gone: CoworkError | undefined;

  const tell = (event: TeamEvent): void => {
    const placed = { id: `${own}.${++count}`, event };
    kept.push(placed);
    if (kept.length > KEPT) kept.shift();
    for (const send of listeners) send(placed);
  };

  const look = async (): Promise<void> => {
    const posted = await mail.look();
    if (posted.isReset) throw new CoworkError('JOURNAL_UNREADABLE', 'An inbox is another one than it was.');
    const done = await tasks.look();
    const happened = otherEvents(dir).filter(({ key }) => !others.has(key));
    for (const { key } of happened) others.add(key);
    const items: TimelineItem[] = [...posted.items, ...done.items, ...happened];
    for (const item of items) timeline.put(item);
    const now = await readParts(dir, { unread: mail.unread, tasks: tasks.all });
    const before = parts;
    if (before !== undefined && before.status.created !== now.status.created)
      throw new CoworkError('TEAM_UNKNOWN', 'The team was removed, and another one has its name.');
    parts = now;
    if (before === undefined) return; // the first look: nobody has seen anything yet
    if (items.length > 0) tell({ type: 'timeline', items });
    if (done.tasks.length > 0) tell({ type: 'tasks', tasks: done.tasks });
    const changed = changedParts(before, now);
    if (Object.keys(changed).length > 0) tell({ type: 'parts', parts: changed });
  };

  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      await bell.wait(RESCAN_MS);
      if (signal.aborted) return;
      try {
        await look();
      } catch (error) {
        gone = toCoworkError(error);
        tell({ type: 'gone', message: gone.message });
        return;
      }
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    }
  };

  await look();
  const rings = [
    ringOn(backend.watch('mailbox', { signal, depth: 1 }), bell.ring),
    ringOn(list.watch({ signal }), bell.ring),
    ringOn(watchFolder(dir, { signal }), bell.ring),
    ringOn(watchFolder(join(dir, 'agents'), { signal, depth: 1 }), bell.ring),
  ];
  signal.addEventListener('abort', bell.ring);
  const following = follow();

  const snapshot = (): Omit<TeamSnapshot, 'readOnly'> => {
    if (gone !== undefined) throw gone;
    const { items, hasOlder } = timeline.page({}, PAGE);
    const shown = parts as TeamParts; // the first look is over
    return { ...shown, cursor: `${own}.${count}`, tasks: tasks.all(), timeline: items, hasOlder };
  };

  return {
    timeline,
    snapshot,
    // Without an await: nothing can come between what was missed and what comes.
    subscribe: (after, send) => {
      const missed = missedSince(after);
      if (missed === undefined) {
        const now = snapshot();
        send({ id: now.cursor, event: { type: 'reset', snapshot: now } });
      } else for (const placed of missed) send(placed);
      listeners.add(send);
      return () => listeners.delete(send);
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await Promise.all([following, ...rings]);
    },
  };

  function missedSince(after: string | undefined): Placed[] | undefined {
    const [feed, place] = (after ?? '').split('.');
    const from = Number(place);
    if (feed !== own || !Number.isSafeInteger(from) || from > count || from < count - kept.length)
      return undefined;
    return kept.slice(kept.length - (count - from));
  }
}

async function ringOn(changes: AsyncGenerator<void, void>, ring: () => void): Promise<void> {
  for await (const _ of changes) ring();
}

function changedParts(before: TeamParts, now: TeamParts): Partial<TeamParts> {
  const names = Object.keys(now) as (keyof TeamParts)[]; // it has no others
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  return Object.fromEntries(changed.map((name) => [name, now[name]]));
}
