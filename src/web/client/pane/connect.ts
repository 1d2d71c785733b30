import type { PaneMessage, ViewerMessage } from '../../../pane/wire.ts';
import type { FromFrame, ToFrame } from './port.ts';

/** How a pane is looked at. */
export interface Look {
  isDark: boolean;
  readOnly: boolean;
  isFollowing: boolean;
  isTile: boolean;
}

export interface PaneEvents {
  status(status: PaneMessage & { type: 'status' }): void;
  /** Why it is not live, or undefined: it is again. */
  trouble(reason: string | undefined): void;
  key(key: 'leave' | 'next' | 'previous'): void;
}

/** Bytes that the terminal may be behind; further behind the connection is made anew, which brings the screen as it is. */
const UNPARSED_MAX = 4 * 1024 * 1024;
const RETRY_MS = 700;
/** A tile wants whole screens so often, in milliseconds, and no live bytes. */
const TILE_MS = 400;
const SCROLLBACK = 1_000;

/** Ties the terminal in `frame` to an agent's pane until it is closed; it comes back by itself. */
export function connectFrame(
  frame: HTMLIFrameElement,
  { team, agent }: { team: string; agent: string },
  first: Look,
  events: PaneEvents,
): { look(look: Look): void; focus(): void; close(): void } {
  const channel = new MessageChannel();
  const port = channel.port1;
  const encoder = new TextEncoder();
  let look = first;
  let fits: { cols: number; rows: number } | undefined;
  let socket: WebSocket | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let unparsed = 0;
  let isOver = false;

  const tell = (message: ToFrame): void => port.postMessage(message);
  const tellLook = (): void => tell({ type: 'look', ...look, label: `Terminal of ${agent}` });
  const say = (message: ViewerMessage): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  const key = (bytes: Uint8Array<ArrayBuffer>): void => {
    if (socket?.readyState === WebSocket.OPEN && !look.readOnly) socket.send(bytes);
  };

  const heard: { [T in FromFrame['type']]: (message: Extract<FromFrame, { type: T }>) => void } = {
    ready: () => {
      tellLook();
      if (look.isFollowing) connect(); // else with what fits, which comes next
    },
    fits: ({ cols, rows }) => {
      fits = { cols, rows };
      if (socket === undefined) connect();
      else say({ type: 'resize', cols, rows });
    },
    input: ({ text }) => key(encoder.encode(text)),
    binary: ({ text }) => key(Uint8Array.from(text, (letter) => letter.charCodeAt(0))),
    parsed: ({ bytes }) => {
      unparsed -= bytes;
    },
    key: ({ key: pressed }) => events.key(pressed),
  };
  port.onmessage = ({ data }) => {
    const message = data as FromFrame; // it can say nothing that its user could not type
    (heard[message.type] as ((message: FromFrame) => void) | undefined)?.(message);
  };
  // Its origin is opaque, so that it can't be named; the window is the one of this frame.
  frame.contentWindow?.postMessage('port', '*', [channel.port2]);

  function connect(): void {
    clearTimeout(retry);
    if (isOver) return;
    const mine = new WebSocket(
      `${location.origin.replace(/^http/, 'ws')}/api/teams/${encodeURIComponent(team)}/panes/${encodeURIComponent(agent)}`,
    );
    mine.binaryType = 'arraybuffer';
    socket = mine;
    let ended: string | undefined;
    mine.onopen = () => {
      unparsed = 0;
      const size = look.isFollowing ? {} : fits;
      const pace = look.isTile ? { everyMs: TILE_MS } : {};
      const scrollback = look.isTile ? 0 : SCROLLBACK;
      say({ type: 'hello', ...size, ...pace, readOnly: look.readOnly, scrollback, name: '' });
    };
    mine.onmessage = ({ data }) => {
      if (typeof data !== 'string') {
        const bytes = new Uint8Array(data as ArrayBuffer); // as `binaryType` says
        unparsed += bytes.length;
        tell({ type: 'bytes', bytes });
        if (unparsed > UNPARSED_MAX) mine.close();
        return;
      }
      const message = JSON.parse(data) as PaneMessage; // our own server, which has parsed it
      if (message.type === 'ended') ended = `Its terminal has ended: ${message.reason}`;
      else if (message.type === 'status') {
        events.trouble(undefined);
        events.status(message);
      } else tell({ ...message, type: 'size', isWhole: message.type === 'screen' });
    };
    mine.onclose = ({ reason }) => {
      if (socket !== mine || isOver) return;
      socket = undefined;
      events.trouble(ended ?? (reason === '' ? 'The dashboard does not answer.' : `${reason}.`));
      retry = setTimeout(connect, RETRY_MS);
    };
  }

  return {
    look: (next) => {
      const isOther = next.isFollowing !== look.isFollowing;
      look = next;
      tellLook();
      if (isOther) socket?.close(); // who has a say in the size is said in the hello
    },
    focus: () => {
      frame.focus();
      tell({ type: 'focus' });
    },
    close: () => {
      isOver = true;
      clearTimeout(retry);
      socket?.close();
      port.close();
    },
  };
}
