import type { JSONRPCMessage } from '@modelcontextprotocol/client';

/** How many of one kind a server may send at once, and how many more each second. */
interface Pace {
  atOnce: number;
  perSecond: number;
}

/** Requests are answered, so each costs something; of news only the last counts. */
const REQUESTS: Pace = { atOnce: 200, perSecond: 20 };
const NEWS: Pace = { atOnce: 2_000, perSecond: 200 };
/** After so many messages that nobody took the server is no partner any more. */
const LEFT_MAX = 20_000;

/**
 * Says of each message of a server whether it is taken: what is over its pace is not, and not answered, else answers that it does not read would
 * pile up. `onStorm` is called once, `onEnd` when it does not stop.
 */
export function createBrake(of: {
  onStorm: (what: string) => void;
  onEnd: () => void;
  now?: () => number;
}): (message: JSONRPCMessage) => boolean {
  const { now = () => performance.now() } = of;
  const requests = bucket(REQUESTS, now);
  const news = bucket(NEWS, now);
  let left = 0;
  return (message) => {
    const kind = kindOf(message);
    if (kind === 'answer' || (kind === 'request' ? requests() : news())) return true;
    const what =
      kind === 'request'
        ? 'it asks without end; not all is answered'
        : 'it tells news without end; not all is heard';
    if (left++ === 0) of.onStorm(what);
    if (left === LEFT_MAX) of.onEnd();
    return false;
  };
}

function kindOf(message: JSONRPCMessage): 'request' | 'news' | 'answer' {
  if (!('method' in message)) return 'answer';
  return 'id' in message ? 'request' : 'news';
}

/** Whether one more may pass, by the time that it is. */
function bucket({ atOnce, perSecond }: Pace, now: () => number): () => boolean {
  let room = atOnce;
  let at = now();
  return () => {
    const time = now();
    room = Math.min(atOnce, room + ((time - at) / 1_000) * perSecond);
    at = time;
    if (room < 1) return false;
    room--;
    return true;
  };
}
