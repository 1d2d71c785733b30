import type { WebSocket } from 'ws';
import type { Pane, PaneViewer, ViewerSink } from './pane.ts';
import { type PaneMessage, parseViewerMessage, type ViewerMessage } from './wire.ts';

/** Bytes that may wait in a viewer's socket; a viewer that is further behind gets the screen anew instead of all it missed. */
export const VIEWER_BUFFER_BYTES = 1024 * 1024;
/** Bytes at which a viewer that was behind counts as caught up. */
const CAUGHT_UP_BYTES = 16 * 1024;
/** How often a slow viewer's buffer is looked at, in milliseconds. */
const LOOK_MS = 20;
/** How long a new connection may take to say hello, in milliseconds. */
const HELLO_MS = 10_000;

/** Codes of RFC 6455, 7.4.1. */
const NORMAL = 1000;
const POLICY_VIOLATION = 1008;

/** Speaks with one viewer over `webSocket` until either side closes. Nonsense from it closes it and harms nobody else. */
export function serveViewer(
  pane: Pane,
  webSocket: WebSocket,
  hooks: { status: () => PaneMessage; changed: () => void },
): void {
  let viewer: PaneViewer | undefined;
  let isBehind = false;
  /** False for a viewer that wants the whole screen now and then; `hasNews` says that it has missed something. */
  let takesLive = true;
  let hasNews = false;
  let newsTimer: NodeJS.Timeout | undefined;
  let lookTimer: NodeJS.Timeout | undefined;
  const helloTimer = setTimeout(() => webSocket.close(POLICY_VIOLATION, 'no hello'), HELLO_MS);

  const sink: ViewerSink = {
    bytes(data) {
      hasNews = true;
      if (isBehind || !takesLive) return;
      if (webSocket.bufferedAmount > VIEWER_BUFFER_BYTES) fallBehind();
      else webSocket.send(data);
    },
    control(message) {
      // A slow viewer gets the size with its next screen, and the next status comes soon.
      if (isBehind && message.type !== 'ended') return;
      if (message.type === 'size') hasNews = true;
      if (message.type === 'size' && !takesLive) return;
      webSocket.send(JSON.stringify(message));
      if (message.type === 'ended') webSocket.close(NORMAL, 'ended');
    },
  };

  webSocket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      if (viewer !== undefined) pane.input(viewer, data);
      return;
    }
    const message = parseViewerMessage(data.toString());
    if (message === undefined) webSocket.close(POLICY_VIOLATION, 'not a known message');
    else take(message);
  });
  webSocket.on('error', () => webSocket.terminate()); // a broken connection is how viewers leave; `close` follows
  webSocket.on('close', () => {
    clearTimeout(helloTimer);
    clearTimeout(lookTimer);
    clearInterval(newsTimer);
    if (viewer !== undefined) pane.removeViewer(viewer);
    viewer = undefined;
    hooks.changed();
  });

  function take(message: ViewerMessage): void {
    switch (message.type) {
      case 'detach':
        webSocket.close(NORMAL, 'detached');
        break;
      case 'resize':
        if (viewer !== undefined) pane.resizeViewer(viewer, { cols: message.cols, rows: message.rows });
        break;
      case 'policy':
        if (viewer?.readOnly !== false) return;
        pane.choosePolicy(viewer, message.policy);
        hooks.changed();
        break;
      case 'hello':
        if (viewer === undefined) welcome(message);
        else webSocket.close(POLICY_VIOLATION, 'hello twice');
    }
  }

  function welcome({
    cols,
    rows,
    readOnly,
    scrollback,
    name,
    everyMs,
  }: ViewerMessage & { type: 'hello' }): void {
    clearTimeout(helloTimer);
    const size = cols === undefined || rows === undefined ? undefined : { cols, rows };
    viewer = pane.addViewer({ sink, size, readOnly, scrollback, name });
    sink.control(hooks.status());
    hooks.changed();
    if (everyMs === undefined) return;
    takesLive = false;
    newsTimer = setInterval(sendNews, everyMs);
  }

  /** The whole screen, for a viewer that wants no live bytes. */
  function sendNews(): void {
    if (viewer === undefined || !hasNews || webSocket.bufferedAmount > CAUGHT_UP_BYTES) return;
    takesLive = true;
    pane.resync(viewer);
    takesLive = false;
    hasNews = false;
  }

  function fallBehind(): void {
    isBehind = true;
    lookTimer = setTimeout(catchUp, LOOK_MS);
  }

  function catchUp(): void {
    if (viewer === undefined) return;
    if (webSocket.bufferedAmount > CAUGHT_UP_BYTES) {
      fallBehind();
      return;
    }
    isBehind = false;
    pane.resync(viewer);
    sink.control(hooks.status());
  }
}
