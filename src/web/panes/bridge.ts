import { WebSocket } from 'ws';
import { connectPane } from '../../pane/connection.ts';
import { parseViewerMessage, type ViewerMessage } from '../../pane/wire.ts';

/** Bytes that may wait for a slow browser before its keeper is not read any more; the keeper then sends whole screens. */
const WAITING_MAX = 1024 * 1024;
const LOOK_MS = 20;
/** How long a new connection may take to say hello, in milliseconds. */
const HELLO_MS = 10_000;
/** Codes of RFC 6455, 7.4.1 and 7.4.2. */
const POLICY_VIOLATION = 1008;
const PANE_GONE = 4404;
const SESSION_OVER = 4401;
/** Most bytes of the reason of a close (RFC 6455, 5.5). */
const REASON_BYTES = 120;

/**
 * Ties a browser to the pane of an agent until either leaves. The browser says what viewers say (`pane/wire.ts`), but for what
 * only a terminal of this host may: who it is. `rights` is asked with every key: undefined ends it.
 */
export function bridgePane(
  webSocket: WebSocket,
  socketPath: string,
  rights: () => 'full' | 'read' | undefined,
): void {
  let pane: ReturnType<typeof connectPane> | undefined;
  let looking: NodeJS.Timeout | undefined;
  const helloTimer = setTimeout(() => webSocket.close(POLICY_VIOLATION, 'no hello'), HELLO_MS);

  webSocket.on('message', (data: Buffer, isBinary) => {
    const may = rights();
    if (may === undefined) webSocket.close(SESSION_OVER, 'the session is over');
    else if (isBinary) {
      if (may === 'full') pane?.input(data);
    } else {
      const message = parseViewerMessage(data.toString());
      if (message === undefined) webSocket.close(POLICY_VIOLATION, 'not a known message');
      else take(message, may);
    }
  });
  webSocket.on('error', () => webSocket.terminate()); // a broken connection is how browsers leave; `close` follows
  webSocket.on('close', () => {
    clearTimeout(helloTimer);
    clearInterval(looking);
    pane?.detach();
  });

  function take(message: ViewerMessage, may: 'full' | 'read'): void {
    if (message.type === 'hello') {
      clearTimeout(helloTimer);
      if (pane !== undefined) webSocket.close(POLICY_VIOLATION, 'hello twice');
      else open(message, may);
    } else if (message.type === 'detach') webSocket.close(1000, 'detached');
    else if (may === 'full') {
      if (message.type === 'resize') pane?.resize(message.cols, message.rows);
      else pane?.setPolicy(message.policy);
    }
  }

  function open({ type: _, ...hello }: ViewerMessage & { type: 'hello' }, may: 'full' | 'read'): void {
    // Who may only look has no say in the size either.
    const { cols: _cols, rows: _rows, ...looker } = hello;
    const said = may === 'read' ? { ...looker, readOnly: true } : hello;
    pane = connectPane(
      socketPath,
      { ...said, name: 'a browser' },
      {
        message: (message) => webSocket.send(JSON.stringify(message)),
        bytes: (data) => {
          webSocket.send(data);
          if (webSocket.bufferedAmount > WAITING_MAX) waitForBrowser();
        },
        closed: (reason) => webSocket.close(PANE_GONE, cutReason(reason)),
      },
    );
  }

  function waitForBrowser(): void {
    if (looking !== undefined) return;
    pane?.pause();
    looking = setInterval(() => {
      if (webSocket.readyState === WebSocket.OPEN && webSocket.bufferedAmount > WAITING_MAX / 4) return;
      clearInterval(looking);
      looking = undefined;
      pane?.resume();
    }, LOOK_MS);
  }
}

/** As many whole characters as fit. */
function cutReason(reason: string): string {
  let text = reason.slice(0, REASON_BYTES);
  while (Buffer.byteLength(text) > REASON_BYTES) text = text.slice(0, -1);
  return text;
}
