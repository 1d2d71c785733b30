import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode } from '../store/folders.ts';
import { createApp } from './app.ts';
import { createAttempts } from './attempts.ts';
import { openLaunches } from './commands/launches.ts';
import { openCommands } from './commands/run-command.ts';
import type { Desk } from './desk.ts';
import { openFeeds } from './feed/feeds.ts';
import { LOOPBACK } from './guard.ts';
import { type Network, namesOf } from './network/network.ts';
import { addPanes } from './panes/upgrade.ts';
import { createSessions, type Rights } from './sessions.ts';

/** A dashboard that is being served. */
export interface Dashboard extends AsyncDisposable {
  readonly port: number;
  /** `https://192.168.1.5:4664`; where there is a passphrase, this is all that a browser needs. */
  readonly origin: string;
  /** A new link that lets one browser in, once. */
  link(rights: Rights): string;
}

/** How long a request may take to arrive, headers first, in milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const CONNECTIONS_MAX = 256;

/**
 * Serves the dashboard of all teams of a home, on loopback unless a network is given. It holds no state of a team: all comes from the files, and goes
 * back by the same functions that commands use. Throws WEB_PORT when the port can't be had, WEB_HOST.
 */
export async function serveDashboard(asked: {
  home: string;
  env: NodeJS.ProcessEnv;
  /** 0: any that is free. */
  port: number;
  /** For the local network: by TLS and with a passphrase, or not at all. */
  network?: Network | undefined;
}): Promise<Dashboard> {
  const { home, env, network } = asked;
  const ending = new AbortController();
  const feeds = openFeeds(home);
  const sessions = createSessions();
  const commands = openCommands(home, env, ending.signal);
  const attempts = createAttempts();
  const secure = network === undefined ? LOOPBACK : { names: namesOf(network), isSecure: true };
  const desk: Desk = {
    ...{
      home,
      env,
      feeds,
      commands,
      launches: openLaunches(commands),
      sessions,
      attempts,
      signal: ending.signal,
    },
    door: () => ({ ...secure, port }),
    ...{ passphrase: network?.passphrase, rights: network?.rights ?? 'full' },
  };
  const app = createApp(desk);
  const limits = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, maxHeaderSize: 16 * 1024 };
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server =
    network === undefined
      ? createServer(limits, listener)
      : createSecureServer({ ...limits, ...network.tls, minVersion: 'TLSv1.2' }, listener);
  const endPanes = addPanes(server, desk);
  server.maxConnections = CONNECTIONS_MAX;
  server.listen(asked.port, network?.address ?? '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new CoworkError(
      errorCode(error) === 'EADDRNOTAVAIL' ? 'WEB_HOST' : 'WEB_PORT',
      errorCode(error) === 'EADDRNOTAVAIL'
        ? `${network?.address} is no address of this machine.`
        : `Port ${asked.port} can't be had.`,
      { cause: error },
    );
  }
  const { port } = server.address() as AddressInfo; // it listens on an address and a port

  const origin = `${secure.isSecure ? 'https' : 'http'}://${secure.names[0]}:${port}`;
  return {
    ...{ port, origin },
    link: (rights) => `${origin}/?token=${sessions.invite(rights)}`,
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
