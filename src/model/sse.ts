/** One server-sent event: its name and its data lines joined. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/** Longest event that is looked at, in characters; a longer one passes unseen. */
export const EVENT_MAX = 8 * 1024 * 1024;

/** A parser that is fed bytes as they come and returns the events they complete (HTML Living Standard, 9.2.6). */
export function sseParser(): (bytes: Uint8Array) => ServerSentEvent[] {
  const decoder = new TextDecoder();
  let line = '';
  let event = '';
  let data: string[] = [];
  let size = 0;

  return (bytes) => {
    const events: ServerSentEvent[] = [];
    const lines = (line + decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    line = lines.pop() ?? '';
    if (line.length > EVENT_MAX) line = '';
    for (const complete of lines) {
      if (complete === '') {
        if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n') });
        event = '';
        data = [];
        size = 0;
        continue;
      }
      const colon = complete.indexOf(':');
      const field = colon < 0 ? complete : complete.slice(0, colon);
      const value = colon < 0 ? '' : complete.slice(colon + 1).replace(/^ /, '');
      size += value.length;
      if (field === 'event') event = value;
      else if (field === 'data' && size <= EVENT_MAX) data.push(value);
    }
    return events;
  };
}

/** An event as it goes over the wire. */
export function encodeEvent(event: string, data: unknown): Uint8Array {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
