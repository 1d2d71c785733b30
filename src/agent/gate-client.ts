import { type EventEmitter, once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type AgentEvent, EGRESS_PATH, GATE_GREETING } from '../protocol/gate.ts';

/** A refusal of the gate: the coded error as the keeper sent it. */
export class GateRefusal extends Error {
  readonly status: number;
  /** The JSON body, for the model to read. */
  readonly body: string;

  constructor(status: number, body: string) {
    super(`gate answered ${status}: ${body.slice(0, 500)}`);
    this.status = status;
    this.body = body;
  }
}

/** The agent's only way out: HTTP/2 over the socket that leads to its keeper. */
export class GateClient {
  readonly #session: http2.ClientHttp2Session;
  /** Resolves when the connection to the keeper is lost; nothing can be done after that. */
  readonly closed: Promise<void>;

  private constructor(session: http2.ClientHttp2Session) {
    this.#session = session;
    this.closed = new Promise((resolve) => session.once('close', () => resolve()));
    session.on('error', () => {}); // the requests under way fail with it; `closed` follows
  }

  /** Connects through the Unix socket at `path`. */
  static async connect(path: string): Promise<GateClient> {
    const socket = net.connect(path);
    await once(socket, 'connect');
    // Node aborts when a session takes over a socket with a write under way.
    await new Promise<void>((resolve) => socket.write(GATE_GREETING, () => resolve()));
    const session = http2.connect('http://gate', {
      createConnection: () => socket,
      settings: { initialWindowSize: 4 * 1024 * 1024 },
    });
    return new GateClient(session);
  }

  /** Sends JSON and reads JSON; a status of 400 and above is thrown as `GateRefusal`. */
  async call<Answer = unknown>(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const { status, stream } = await this.open(
      method,
      path,
      {},
      body === undefined ? undefined : JSON.stringify(body),
      signal,
    );
    const text = await readText(stream);
    signal?.throwIfAborted();
    if (status >= 400) throw new GateRefusal(status, text);
    // The keeper is trusted by the guest; shapes are those of protocol/gate.ts.
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** Reads an endless answer of one JSON object a line. */
  async *lines<Line>(path: string): AsyncGenerator<Line> {
    const { status, stream } = await this.open('GET', path, {}, undefined);
    if (status >= 400) throw new GateRefusal(status, await readText(stream));
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      if (line !== '') yield JSON.parse(line) as Line;
    }
  }

  /** What the keeper tells, until the connection ends. */
  events(): AsyncGenerator<AgentEvent> {
    return this.lines<AgentEvent>('/agent/events');
  }

  /** Opens a stream that carries one connection of a program: to its HTTP proxy, or to where `path` leads. */
  connection(path: string = EGRESS_PATH): http2.ClientHttp2Stream {
    return this.#session.request({ ':method': 'POST', ':path': path });
  }

  /** Sends a request as it is, and gives its answer as it comes. */
  async open(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ status: number; stream: http2.ClientHttp2Stream }> {
    signal?.throwIfAborted();
    const stream = this.#session.request({
      ':method': method,
      ':path': path,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    });
    const abort = () => stream.close(http2.constants.NGHTTP2_CANCEL);
    signal?.addEventListener('abort', abort, { once: true });
    stream.once('close', () => signal?.removeEventListener('abort', abort));
    stream.end(body);
    // An event emitter rejects `once` on 'error'; a cancelled stream closes without a response.
    const response = await Promise.race([
      once(stream as EventEmitter, 'response'),
      once(stream as EventEmitter, 'close').then(() => undefined),
    ]);
    signal?.throwIfAborted();
    if (response === undefined) throw new Error('the connection to the keeper was lost');
    stream.on('error', () => {}); // readers of the stream see it as the end of their reading
    return { status: Number((response[0] as http2.IncomingHttpStatusHeader)[':status']), stream };
  }
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
