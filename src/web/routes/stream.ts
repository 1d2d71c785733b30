import { getCookie } from 'hono/cookie';
import { type App, cookieName, type Desk } from '../desk.ts';
import type { Placed } from '../feed/team-feed.ts';
import { readQuery } from '../read-body.ts';
import { EventsAsked } from '../requests.ts';

/** How often something is sent when nothing happens, in milliseconds: so that a dead connection is noticed. */
const BEAT_MS = 15_000;
/**
 * Streams that one browser may hold. It opens six connections to a server in all (HTTP/1.1), over all its tabs: if streams had them, its next tab would wait
 * for ever. A page beyond these is told what is new and comes back after a second.
 */
const STREAMS_MAX = 3;
/** Bytes that may wait for a slow reader; one that is further behind is cut off, comes back and begins anew. */
const WAITING_MAX = 4 * 1024 * 1024;

/** The events of a team as server-sent events (WHATWG HTML, section 9.2). */
export function addStreamRoute(app: App, { feeds, signal, door }: Desk): void {
  const held = new Map<string, number>();
  const hold = (browser: string, by: 1 | -1): void => {
    const count = (held.get(browser) ?? 0) + by;
    if (count > 0) held.set(browser, count);
    else held.delete(browser);
  };
  app.get('/api/teams/:team/events', async (context) => {
    const after = context.req.header('last-event-id') ?? readQuery(context, EventsAsked).after;
    const { feed, release } = await feeds.hold(context.req.param('team'));
    // A program that shows a token has as many connections as it likes.
    const browser = getCookie(context, cookieName(door())) ?? '';
    const isBrief = browser !== '' && (held.get(browser) ?? 0) >= STREAMS_MAX;
    if (!isBrief) hold(browser, 1);
    const encoder = new TextEncoder();
    let end = (): void => {};
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const beat = setInterval(() => write(': \n\n'), BEAT_MS);
          let isOpen = true;
          const write = (text: string): void => {
            if (!isOpen) return;
            controller.enqueue(encoder.encode(text));
            if ((controller.desiredSize ?? 0) <= 0) close();
          };
          const close = (): void => {
            if (!isOpen) return;
            isOpen = false;
            end();
            controller.close();
          };
          signal.addEventListener('abort', close);
          let unsubscribe = (): void => {};
          end = () => {
            end = () => {};
            clearInterval(beat);
            signal.removeEventListener('abort', close);
            unsubscribe();
            release();
            if (!isBrief) hold(browser, -1);
          };
          write('retry: 1000\n\n');
          unsubscribe = feed.subscribe(after, (placed) => write(toText(placed)));
          if (isBrief) close();
          if (!isOpen) unsubscribe(); // it was too far behind already
        },
        cancel: () => end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: WAITING_MAX }),
    );
    return context.body(stream, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  });
}

const toText = ({ id, event }: Placed): string => `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
