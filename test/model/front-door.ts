import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import { onTestFinished } from 'vitest';
import type { RequestingAgent, Upstream } from '../../src/model/upstream.ts';

export const ADA: RequestingAgent = { team: 'demo', name: 'ada', role: 'teammate', incarnation: 1 };

/** An SDK client whose requests go through `upstream`, as the gate would hand them on for `agent`. */
export async function clientOf(upstream: Upstream, agent: RequestingAgent = ADA): Promise<Anthropic> {
  const server = createServer(async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.on('close', () => gone.abort());
    const [path = '', query = ''] = (incoming.url ?? '').split('?');
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
    // Any path goes in: what is no route must be refused behind this door.
    const answer = await upstream.send({
      path: path as '/v1/messages',
      query,
      headers,
      body: await bodyOf(incoming),
      agent,
      signal: gone.signal,
    });
    outgoing.writeHead(answer.status, answer.headers);
    Readable.from(answer.body)
      .on('error', () => outgoing.destroy())
      .pipe(outgoing);
  });
  const port = await listen(server);
  return new Anthropic({ apiKey: 'guest-has-none', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 });
}

/** Listens on a free port of loopback until the test ends. */
export async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port; // a TCP server has an address object
}

export async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** All of a body as text. */
export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
