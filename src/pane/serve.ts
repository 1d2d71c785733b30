import http from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Pane } from './pane.ts';
import { listenUnix } from './socket.ts';
import { serveViewer } from './viewer.ts';
import { INPUT_MAX_BYTES, PANE_PATH, type PaneMessage, type PaneStatus } from './wire.ts';

export interface ServePaneOptions {
  /** `agents/AGENT/keeper.sock` in the team's directory. */
  socketPath: string;
  /** What the status line says now; asked twice a second while somebody watches. */
  status: () => PaneStatus;
  /** A server to put the pane on, when other routes live on the same socket; its `request` event is left alone then. */
  server?: http.Server;
}

/** A pane that viewers can reach. */
export interface ServedPane extends AsyncDisposable {
  /** For other routes: add `request` listeners, or `upgrade` listeners for paths other than the pane's. */
  readonly server: http.Server;
  /** Sends the status now, when something changed that people wait for. */
  refresh(): void;
}

const STATUS_MS = 500;
/** Most viewers that are named. */
const NAMES_MAX = 16;
/** How long viewers have to take the last bytes and close, in milliseconds. */
const CLOSE_MS = 1_000;

/** Serves `pane` as a WebSocket on a Unix socket. Throws PANE_UNAVAILABLE when the socket can't be had. */
export async function servePane(pane: Pane, options: ServePaneOptions): Promise<ServedPane> {
  const server = options.server ?? http.createServer((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: INPUT_MAX_BYTES,
    perMessageDeflate: false,
  });
  let lastStatus = '';
  const connections = new Set<Duplex>();

  const onConnection = (socket: Duplex): void => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  };
  const onUpgrade = (request: http.IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.url !== PANE_PATH) {
      // Another listener may want it; alone, it would wait for ever.
      if (server.listenerCount('upgrade') === 1) socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      serveViewer(pane, webSocket, { status: statusMessage, changed: refresh });
    });
  };
  server.on('connection', onConnection);
  server.on('upgrade', onUpgrade);
  const listener = await listenUnix(server, options.socketPath);
  const timer = setInterval(() => {
    if (pane.viewers.size > 0) refresh();
  }, STATUS_MS);

  return {
    server,
    refresh,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      server.off('upgrade', onUpgrade);
      const closed = listener[Symbol.asyncDispose]();
      for (const webSocket of sockets.clients) webSocket.close(1001, 'the pane closes');
      server.closeIdleConnections();
      const patience = setTimeout(() => {
        for (const socket of connections) socket.destroy();
      }, CLOSE_MS);
      await closed;
      clearTimeout(patience);
      server.off('connection', onConnection);
      sockets.close();
    },
  };

  function statusMessage(): PaneMessage {
    const names = [...pane.viewers].flatMap(({ name }) => (name === '' ? [] : [name])).slice(0, NAMES_MAX);
    return {
      type: 'status',
      status: options.status(),
      viewers: pane.viewers.size,
      names,
      policy: pane.policy,
    };
  }

  function refresh(): void {
    const message = statusMessage();
    const text = JSON.stringify(message);
    if (text === lastStatus) return;
    lastStatus = text;
    for (const { sink } of pane.viewers) sink.control(message);
  }
}
