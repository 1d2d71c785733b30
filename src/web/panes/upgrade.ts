import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { parse } from 'hono/utils/cookie';
import { WebSocketServer } from 'ws';
import { INPUT_MAX_BYTES } from '../../pane/wire.ts';
import { toCoworkError } from '../../protocol/errors.ts';
import { keeperSocket } from '../../team/paths.ts';
import { findMember, findTeam, readTeam } from '../../team/team.ts';
import { addressOf, checkToken } from '../check-token.ts';
import { cookieName, type Desk } from '../desk.ts';
import { refusalOf } from '../guard.ts';
import type { Rights } from '../sessions.ts';
import { bridgePane } from './bridge.ts';

const ADDRESS = /^\/api\/teams\/([a-z0-9-]{1,63})\/panes\/([a-z0-9-]{1,63})$/;
/** Most panes that are looked at at once, over all browsers. */
const PANES_MAX = 128;

/** Lets browsers look at panes: WebSockets at `/api/teams/TEAM/panes/AGENT`. Returns what ends all of them. */
export function addPanes(server: Server | SecureServer, desk: Desk): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: INPUT_MAX_BYTES,
    perMessageDeflate: false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy()); // who asked is gone
    const found = paneOf(request, desk, sockets.clients.size);
    if ('refused' in found) {
      socket.end(`HTTP/1.1 ${found.refused}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      bridgePane(webSocket, found.socketPath, found.rights),
    );
  });
  return () => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
  };
}

/** What its token may do; one that was revoked meanwhile has no rights any more. */
function rightsOfBearer(request: IncomingMessage, desk: Desk): Rights | undefined {
  try {
    return checkToken(desk, request.headers.authorization ?? '', addressOf(request));
  } catch {
    return undefined; // not known, or too many were not: either way nobody is let in
  }
}

/** The same guard and session as for every other request; the Origin must be said, as for what changes something. */
function paneOf(
  request: IncomingMessage,
  desk: Desk,
  open: number,
): { socketPath: string; rights: () => Rights | undefined } | { refused: string } {
  const { url = '', headers } = request;
  const { home, door, sessions } = desk;
  if (refusalOf({ method: 'POST', headers }, door()) !== undefined) return { refused: '403 Forbidden' };
  const secret = parse(headers.cookie ?? '')[cookieName(door())];
  const rights = (): Rights | undefined =>
    headers.authorization === undefined ? sessions.rightsOf(secret) : rightsOfBearer(request, desk);
  if (rights() === undefined) return { refused: '401 Unauthorized' };
  const [, team, agent] = ADDRESS.exec(url) ?? [];
  if (team === undefined || agent === undefined) return { refused: '404 Not Found' };
  if (open >= PANES_MAX) return { refused: '503 Service Unavailable' };
  try {
    const dir = findTeam(home, team);
    return { socketPath: keeperSocket(dir, findMember(readTeam(dir), agent).name), rights };
  } catch (error) {
    return { refused: toCoworkError(error).exitCode === 3 ? '404 Not Found' : '500 Internal Server Error' };
  }
}
