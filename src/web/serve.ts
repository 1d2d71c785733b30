import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CoworkError } from '../protocol/errors.ts';
import { createApp } from './app.ts';
import { createAttempts } from './attempts.ts';
import { openCommands } from './commands/run-command.ts';
import { openFeeds } from './feed/feeds.ts';
import { addPanes } from './panes/upgrade.ts';
import { createSessions, type Rights } from './sessions.ts';

/** A dashboard that is being served. */
export interface Dashboard extends AsyncDisposable {
  readonly port: number;
  /** A new link that lets one browser in, once. */
  link(rights: Rights): string;
}

/** How long a request may take to arrive, headers first, in milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const CONNECTIONS_MAX = 256;

/**
 * Serves the dashboard of all teams of a home on loopback. It holds no state of a team: all comes from the files, and goes
 * back by the same functions that commands use. Throws WEB_PORT when the port can't be had.
 */
export async function serveDashboard(asked: {
  home: string;
  env: NodeJS.ProcessEnv;
  /** 0: any that is free. */
  port: number;
}): Promise<Dashboard> {
  const { home, env } = asked;
  const ending = new AbortController();
  const feeds = openFeeds(home);
  const sessions = createSessions();
  const commands = openCommands(home, env, ending.signal);
  const attempts = createAttempts();
  const desk = { home, env, feeds, commands, sessions, attempts, port: () => port, signal: ending.signal };
  const app = createApp(desk);
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, maxHeaderSize: 16 * 1024 },
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  );
  const endPanes = addPanes(server, desk);
  server.maxConnections = CONNECTIONS_MAX;
  server.listen(asked.port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CoworkError('WEB_PORT', `Port ${asked.port} can't be had.`, { cause: error });
  }
  const { port } = server.address() as AddressInfo; // it listens on an address and a port

  return {
    port,
    link: (rights) => `http://127.0.0.1:${port}/?token=${sessions.invite(rights)}`,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      endPanes();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await feeds[Symbol.asyncDispose]();
    },
  };
}
