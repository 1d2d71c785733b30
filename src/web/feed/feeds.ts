import { findTeam } from '../../team/team.ts';
import { openTeamFeed, type TeamFeed } from './team-feed.ts';

/** How long the feed of a team that nobody looks at is kept, in milliseconds: a page that reloads finds it. */
const IDLE_MS = 60_000;

/** The feeds of the teams that are looked at. */
export interface Feeds extends AsyncDisposable {
  /** The feed of a team, until `release`. Throws TEAM_UNKNOWN. */
  use<T>(team: string, work: (feed: TeamFeed) => Promise<T>): Promise<T>;
  hold(team: string): Promise<{ feed: TeamFeed; release: () => void }>;
}

interface Kept {
  feed: Promise<TeamFeed>;
  users: number;
  timer?: NodeJS.Timeout;
}

export function openFeeds(home: string): Feeds {
  const open = new Map<string, Kept>();

  const drop = (dir: string, kept: Kept): void => {
    if (open.get(dir) === kept) open.delete(dir);
    kept.feed.then((feed) => feed[Symbol.asyncDispose]()).catch(() => undefined); // one that never opened
  };

  const hold: Feeds['hold'] = async (team) => {
    const dir = findTeam(home, team);
    const kept: Kept = open.get(dir) ?? { feed: openTeamFeed(dir), users: 0 };
    open.set(dir, kept);
    clearTimeout(kept.timer);
    kept.users++;
    const release = (): void => {
      if (--kept.users > 0) return;
      kept.timer = setTimeout(() => drop(dir, kept), IDLE_MS).unref();
    };
    try {
      const feed = await kept.feed;
      feed.snapshot(); // throws when its team is gone, or another one of the same name
      return { feed, release };
    } catch (error) {
      drop(dir, kept);
      throw error;
    }
  };

  return {
    hold,
    use: async (team, work) => {
      const { feed, release } = await hold(team);
      try {
        return await work(feed);
      } finally {
        release();
      }
    },
    [Symbol.asyncDispose]: async () => {
      const all = [...open.values()];
      open.clear();
      for (const { timer } of all) clearTimeout(timer);
      await Promise.allSettled(all.map(async ({ feed }) => (await feed)[Symbol.asyncDispose]()));
    },
  };
}
