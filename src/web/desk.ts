import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Attempts } from './attempts.ts';
import type { Launches } from './commands/launches.ts';
import type { Commands } from './commands/run-command.ts';
import type { Feeds } from './feed/feeds.ts';
import type { Door } from './guard.ts';
import type { Rights, Sessions } from './sessions.ts';

/** What the routes are given. */
export interface Desk {
  home: string;
  env: NodeJS.ProcessEnv;
  feeds: Feeds;
  commands: Commands;
  launches: Launches;
  sessions: Sessions;
  attempts: Attempts;
  door: () => Door;
  /** There when who comes is asked for a passphrase: says whether it is the right one. */
  passphrase?: ((given: string) => Promise<boolean>) | undefined;
  /** What a session may do that was begun with the passphrase. */
  rights: Rights;
  /** Aborts when the server closes. */
  signal: AbortSignal;
}

export type Env = { Bindings: HttpBindings; Variables: { rights: Rights } };
export type App = Hono<Env>;

/** Cookies know no ports, so each server has one of its own name; `__Host-` keeps it from being set by anybody else (RFC 6265bis, 4.1.3). */
export const cookieName = ({ isSecure, port }: Door): string => `${isSecure ? '__Host-' : ''}cowork_${port}`;
