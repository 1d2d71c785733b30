import { WebSocket } from 'ws';
import { connectUnix } from './socket.ts';
import {
  INPUT_MAX_BYTES,
  PANE_PATH,
  type PaneMessage,
  parsePaneMessage,
  type SizePolicy,
  type ViewerMessage,
} from './wire.ts';

export interface ConnectionEvents {
  message(message: PaneMessage): void;
  bytes(data: Buffer): void;
  /** The connection is over, or never was; called once. */
  closed(reason: string): void;
}

/** A viewer's end of a pane's WebSocket. */
export interface PaneConnection {
  /** Sends keys; false when so much waits already that the sender should stop until `drained`. */
  input(bytes: Buffer): boolean;
  /** Calls back once less waits. */
  onDrained(callback: () => void): void;
  resize(cols: number, rows: number): void;
  setPolicy(policy: SizePolicy): void;
  /** Stops and resumes reading, when the reader can't keep up. */
  pause(): void;
  resume(): void;
  /** Says goodbye and closes; `closed` is not called after it. */
  detach(): void;
}

/** Keys that may wait to be sent, in bytes. */
const WAITING_MAX_BYTES = 256 * 1024;
/** How long a keeper may take to answer, and to close, in milliseconds. */
const ANSWER_MS = 5_000;

/** Connects to the pane behind a keeper's socket and says hello. */
export function connectPane(
  socketPath: string,
  hello: Omit<ViewerMessage & { type: 'hello' }, 'type'>,
  events: ConnectionEvents,
): PaneConnection {
  const webSocket = new WebSocket(`ws://keeper${PANE_PATH}`, {
    createConnection: () => connectUnix(socketPath),
    perMessageDeflate: false,
    handshakeTimeout: ANSWER_MS,
  });
  let isOver = false;
  let reason = 'the connection to its keeper broke';
  // Keys typed before the connection stands keep their order here.
  let early: Buffer[] = [];

  const send = (message: ViewerMessage): void => webSocket.send(JSON.stringify(message));
  webSocket.on('open', () => {
    send({ type: 'hello', ...hello });
    for (const bytes of early) webSocket.send(bytes);
    early = [];
  });
  webSocket.on('message', (data: Buffer, isBinary) => {
    if (isOver) return;
    if (isBinary) {
      events.bytes(data);
      return;
    }
    const message = parsePaneMessage(data.toString());
    if (message !== undefined) events.message(message); // what is not known comes from a newer keeper
  });
  webSocket.on('error', (error) => {
    const isAbsent = 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED');
    reason = isAbsent ? 'its keeper is not running' : error.message;
  });
  webSocket.on('close', () => {
    if (isOver) return;
    isOver = true;
    events.closed(reason);
  });

  return {
    input(bytes) {
      for (let at = 0; at < bytes.length; at += INPUT_MAX_BYTES) {
        const piece = bytes.subarray(at, at + INPUT_MAX_BYTES);
        if (webSocket.readyState === WebSocket.CONNECTING) early.push(piece);
        else if (webSocket.readyState === WebSocket.OPEN) webSocket.send(piece);
      }
      return waiting() < WAITING_MAX_BYTES;
    },
    onDrained(callback) {
      const timer = setInterval(() => {
        if (!isOver && waiting() >= WAITING_MAX_BYTES) return;
        clearInterval(timer);
        callback();
      }, 20);
    },
    resize(cols, rows) {
      if (webSocket.readyState === WebSocket.OPEN) send({ type: 'resize', cols, rows });
    },
    setPolicy(policy) {
      if (webSocket.readyState === WebSocket.OPEN) send({ type: 'policy', policy });
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    detach() {
      isOver = true;
      webSocket.resume();
      if (webSocket.readyState === WebSocket.OPEN) webSocket.close(1000, 'detached');
      else webSocket.terminate();
      // A keeper that doesn't answer must not keep the viewer's process alive.
      setTimeout(() => webSocket.terminate(), ANSWER_MS).unref();
    },
  };

  function waiting(): number {
    return webSocket.bufferedAmount + early.reduce((sum, { length }) => sum + length, 0);
  }
}
