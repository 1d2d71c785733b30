import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type GateLogEntry, type GateRoutes, serveGate } from '../../src/gate/server.ts';
import { createConversations } from '../../src/model/conversations.ts';
import type { ModelRequest, ModelResponse } from '../../src/model/upstream.ts';
import { GATE_GREETING } from '../../src/protocol/gate.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A gate that is served on one end of a socket, and the other end of it. */
export interface TestGate {
  /** What a guest holds in its hand. */
  wire: net.Socket;
  log: GateLogEntry[];
  /** Resolves when serving has ended. */
  served: Promise<void>;
  isServing: () => boolean;
}

export async function openGate(routes: GateRoutes): Promise<TestGate> {
  const path = join(await temporaryFolder(), 'gate.sock');
  const server = net.createServer().listen(path);
  await once(server, 'listening');
  const wire = net.connect(path);
  const [inside] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  const log: GateLogEntry[] = [];
  let isServing = true;
  const served = serveGate(inside, routes, (entry) => log.push(entry)).finally(() => {
    isServing = false;
  });
  wire.on('error', () => {}); // the gate may cut it off at any moment
  onTestFinished(() => {
    wire.destroy();
    inside.destroy();
  });
  return { wire, log, served, isServing: () => isServing };
}

export interface Answer {
  status: number;
  headers: http2.IncomingHttpHeaders;
  text: string;
}

/** Speaks HTTP/2 on the guest's end, after a proper greeting. */
export async function speak(wire: net.Socket, greeting = GATE_GREETING): Promise<http2.ClientHttp2Session> {
  // Node aborts when a session takes over a socket with a write under way.
  await new Promise<void>((resolve) => wire.write(greeting, () => resolve()));
  const session = http2.connect('http://gate', { createConnection: () => wire });
  session.on('error', () => {});
  await once(session, 'remoteSettings'); // from then on it keeps to the number of streams that the gate allows
  return session;
}

/** One request; rejects when the gate cuts it off without an answer. */
export function request(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const stream = session.request(headers);
  let answered: http2.IncomingHttpHeaders | undefined;
  let text = '';
  stream.on('response', (got) => {
    answered = got;
  });
  stream.on('data', (chunk) => {
    text += chunk;
  });
  stream.on('error', () => {}); // 'close' follows
  stream.on('close', () => {
    if (answered === undefined) reject(new Error(`cut off with ${stream.rstCode}`));
    else resolve({ status: Number(answered[':status']), headers: answered, text });
  });
  stream.end(body);
  return promise;
}

export const post = (session: http2.ClientHttp2Session, path: string, body: unknown): Promise<Answer> =>
  request(session, { ':method': 'POST', ':path': path }, JSON.stringify(body));

type WithModel = GateRoutes & Required<Pick<GateRoutes, 'model'>>;

/** Routes with nothing behind them but a model that remembers what it was asked. */
export function emptyRoutes(over: Partial<GateRoutes> = {}): { routes: WithModel; asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  const routes: WithModel = {
    read: {},
    lines: {},
    egress: { serve: async () => {} },
    json: {},
    model: {
      upstream: {
        kind: 'rehearsal',
        label: 'test',
        send: async (received): Promise<ModelResponse> => {
          asked.push(received);
          const body = (async function* () {
            yield Buffer.from('{"ok":true}');
          })();
          return { status: 200, headers: { 'content-type': 'application/json' }, body };
        },
        [Symbol.asyncDispose]: async () => {},
      },
      agent: { team: 'mine', name: 'ada', role: 'teammate', incarnation: 3 },
      observe: (response) => response,
      conversations: createConversations(),
      guard: () => undefined,
    },
    ...over,
  };
  return { routes, asked };
}
