import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Attempts } from './attempts.ts';
import type { Commands } from './commands/run-command.ts';
import type { Feeds } from './feed/feeds.ts';
import type { Rights, Sessions } from './sessions.ts';

/** What the routes are given. */
export interface Desk {
  home: string;
  env: NodeJS.ProcessEnv;
  feeds: Feeds;
  commands: Commands;
  sessions: Sessions;
  attempts: Attempts;
  /** The port that the server got. */
  port: () => number;
  /** Aborts when the server closes. */
  signal: AbortSignal;
}

export type Env = { Bindings: HttpBindings; Variables: { rights: Rights } };
export type App = Hono<Env>;
