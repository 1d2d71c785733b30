import type { App, Desk } from '../desk.ts';
import type { Placed } from '../feed/team-feed.ts';
import { readQuery } from '../read-body.ts';
import { EventsAsked } from '../requests.ts';

/** How often something is sent when nothing happens, in milliseconds: so that a dead connection is noticed. */
const BEAT_MS = 15_000;
/** Bytes that may wait for a slow reader; one that is further behind is cut off, comes back and begins anew. */
const WAITING_MAX = 4 * 1024 * 1024;

/** The events of a team as server-sent events (WHATWG HTML, section 9.2). */
export function addStreamRoute(app: App, { feeds, signal }: Desk): void {
  app.get('/api/teams/:team/events', async (context) => {
    const after = context.req.header('last-event-id') ?? readQuery(context, EventsAsked).after;
    const { feed, release } = await feeds.hold(context.req.param('team'));
    const encoder = new TextEncoder();
    let end = (): void => {};
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const beat = setInterval(() => write(': \n\n'), BEAT_MS);
          const write = (text: string): void => {
            controller.enqueue(encoder.encode(text));
            if ((controller.desiredSize ?? 0) <= 0) close();
          };
          const close = (): void => {
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
          };
          write('retry: 1000\n\n');
          unsubscribe = feed.subscribe(after, (placed) => write(toText(placed)));
        },
        cancel: () => end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: WAITING_MAX }),
    );
    return context.body(stream, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  });
}

const toText = ({ id, event }: Placed): string => `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
