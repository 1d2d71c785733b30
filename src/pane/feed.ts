import { connectPane, type PaneConnection } from './connection.ts';
import { createScreen, type Screen } from './screen.ts';
import type { PaneMessage, SizePolicy, ViewerMessage } from './wire.ts';

export interface FeedOptions {
  agent: string;
  socketPath: string;
  /** What this viewer says of itself; asked anew at each connection. */
  hello: () => Omit<ViewerMessage & { type: 'hello' }, 'type'>;
  /** Something that shows has changed. */
  changed: () => void;
  /** The agent rang the bell. */
  bell?: () => void;
  /** The connection is lost, or could not be made; it is tried again until the feed is closed. */
  lost?: (reason: string) => void;
}

/** An agent's pane as a viewer has it: a copy of the screen that follows the agent through its incarnations. */
export interface Feed extends Disposable {
  readonly agent: string;
  /** Undefined before the first screen came. */
  readonly screen: Screen | undefined;
  /** The pane's last word on agent, viewers and policy. */
  readonly status: (PaneMessage & { type: 'status' }) | undefined;
  /** What is wrong and since when (`performance.now()`); undefined while the pane is live. */
  readonly trouble: { reason: string; since: number } | undefined;
  /** Whether the pane was live at any time. */
  readonly wasLive: boolean;
  /** Sends keys; `full` means that they went, and that no more should before `drained`. */
  input(bytes: Buffer): 'sent' | 'full' | 'not live';
  drained(callback: () => void): void;
  resize(cols: number, rows: number): void;
  setPolicy(policy: SizePolicy): void;
}

/** Received characters that may wait to be parsed; reading pauses above it. */
const UNPARSED_MAX = 512 * 1024;
const RETRY_MS = 300;

/** Opens the feed of an agent and keeps it open. */
export function openFeed(options: FeedOptions): Feed {
  let connection: PaneConnection | undefined;
  let screen: Screen | undefined;
  let status: Feed['status'];
  let trouble: Feed['trouble'];
  let wasLive = false;
  let isOver = false;
  /** The next bytes draw the screen anew, and are written with the reset in one go, so that it is never seen empty. */
  let isReset = false;
  let retry: NodeJS.Timeout | undefined;
  connect();

  return {
    agent: options.agent,
    get screen() {
      return screen;
    },
    get status() {
      return status;
    },
    get trouble() {
      return trouble;
    },
    get wasLive() {
      return wasLive;
    },
    input(bytes) {
      if (connection === undefined || trouble !== undefined) return 'not live';
      return connection.input(bytes) ? 'sent' : 'full';
    },
    drained(callback) {
      if (connection === undefined) callback();
      else connection.onDrained(callback);
    },
    resize: (cols, rows) => connection?.resize(cols, rows),
    setPolicy: (policy) => connection?.setPolicy(policy),
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(retry);
      connection?.detach();
      screen?.dispose();
    },
  };

  function connect(): void {
    let ended: string | undefined;
    const mine = connectPane(options.socketPath, options.hello(), {
      message: (message) => {
        if (message.type === 'ended') ended = message.reason;
        else take(message);
      },
      bytes: (data) => {
        const into = screen;
        const text = isReset ? `\x1bc${data.toString()}` : data.toString();
        isReset = false;
        into?.write(text, () => {
          if (into.pending <= UNPARSED_MAX / 2) mine.resume();
          if (!isOver) options.changed();
        });
        if (into !== undefined && into.pending > UNPARSED_MAX) mine.pause();
      },
      closed: (reason) => lose(ended === undefined ? reason : `its terminal has ended: ${ended}`),
    });
    connection = mine;
  }

  function take(message: PaneMessage): void {
    if (isOver) return;
    if (message.type === 'screen') {
      if (screen === undefined) {
        screen = createScreen({ cols: message.cols, rows: message.rows });
        screen.terminal.onBell(() => options.bell?.());
      } else screen.resizeInOrder(message.cols, message.rows, options.changed);
      isReset = true;
    } else if (message.type === 'size') screen?.resizeInOrder(message.cols, message.rows, options.changed);
    else if (message.type === 'status') {
      // The pane of an ended terminal says no status, so this is a live one.
      wasLive = true;
      trouble = undefined;
      status = message;
    }
    options.changed();
  }

  function lose(reason: string): void {
    if (isOver) return;
    connection = undefined;
    if (trouble?.reason !== reason) trouble = { reason, since: performance.now() };
    retry = setTimeout(connect, RETRY_MS);
    options.lost?.(reason);
    options.changed();
  }
}
