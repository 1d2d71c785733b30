import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request. */
export type Behaviour = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A server on loopback that does with the nth request what stands at the nth place; the last one is repeated. */
export async function serveMessages(
  behaviours: Behaviour[],
  atEnd: (work: () => void) => void,
): Promise<{ url: string; asked: http.IncomingMessage[] }> {
  const asked: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    const behave = behaviours[Math.min(asked.length, behaviours.length - 1)];
    asked.push(request);
    request.resume();
    request.once('end', () => behave?.(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** An error of the Messages API; `retryMs` asks the client to try again so soon. */
export const apiError =
  (status: number, type: string, message: string, retryMs = 1): Behaviour =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': String(retryMs) });
    response.end(JSON.stringify({ type: 'error', error: { type, message } }));
  };

/** A streamed answer that calls one tool; `events` limits how much of it is sent before the line is cut. */
export const callTool =
  (name: string, input: object, events?: number): Behaviour =>
  (_, response) => {
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] };
    const usage = { input_tokens: 10, output_tokens: 5 };
    const block = { type: 'tool_use', id: `toolu_${name}`, name, input: {} };
    const all = [
      { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } },
      { type: 'content_block_start', index: 0, content_block: block },
      {
        ...{ type: 'content_block_delta', index: 0 },
        delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ];
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = all
      .slice(0, events)
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    response.write(text.join(''), () => (events === undefined ? response.end() : response.destroy()));
  };

/** Says nothing for a while, and then hangs up. */
export const hangUp: Behaviour = (_, response) => {
  setTimeout(() => response.destroy(), 200);
};

export const nonsense: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<html><body>Please log in to the hotel network</body></html>');
};
