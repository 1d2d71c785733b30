import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { CoworkError, toCoworkError } from '../protocol/errors.ts';

import { EGRESS_PATH, GATE_BODY_MAX, GATE_GREETING, GIT_PATH, MODEL_BODY_MAX } from '../protocol/gate.ts';
import { PIPE_PATH } from '../protocol/servers.ts';
import { drain } from './drain.ts';
import { bytesOnly } from './egress/bytes-only.ts';
import type { Egress } from './egress/egress.ts';
import { answerModel, type ModelRoute } from './model-route.ts';
import { createPace } from './pace.ts';

/** A route that takes JSON, checked by a schema, and answers with JSON. */
export interface JsonRoute {
  body: z.ZodType;
  /** `signal` is aborted when the guest no longer waits for the answer. */
  handle: (body: unknown, signal: AbortSignal) => Promise<unknown>;
}

/** Ties a handler to the schema that its body has passed. */
export function jsonRoute<Schema extends z.ZodType>(
  body: Schema,
  handle: (body: z.infer<Schema>, signal: AbortSignal) => Promise<unknown>,
): JsonRoute {
  // `handle` is only ever called with what `body` has parsed.
  return { body, handle: handle as JsonRoute['handle'] };
}

/** All that a guest can ask for. Anything else is refused. */
export interface GateRoutes {
  /** By path, for POST. */
  json: Record<string, JsonRoute>;
  /** By path, for GET: one JSON object. */
  read: Record<string, () => Promise<unknown>>;
  /** By path, for GET: one JSON object a line, until it ends or the guest is gone. */
  lines: Record<string, (signal: AbortSignal) => AsyncIterable<unknown>>;
  /** Without it no model can be asked. */
  model?: ModelRoute;
  /** The way of programs to hosts that are allowed. */
  egress: Egress;
  /** The way of the agent's git to the team's repositories; without it there are none. */
  git?: (connection: Duplex) => Promise<void>;
  /** Who takes the bytes of an MCP server in the machine; undefined when nobody waits for this one. */
  pipe?: (id: string) => ((wire: Duplex) => Promise<void>) | undefined;
}

/** One line of the gate's log. */
export interface GateLogEntry {
  method: string;
  path: string;
  status: number;
  ms: number;
}

const MAX_STREAMS = 64;

/**
 * Serves the gate on the wire of one machine. Who speaks is known by the wire, so no request names its sender. Whatever
 * a guest sends, at worst it loses its connection: resolves when that has ended.
 */
export async function serveGate(
  wire: Duplex,
  routes: GateRoutes,
  log: (entry: GateLogEntry) => void,
  onGreeting: () => void = () => {},
  /** Gets the way to ask whether the guest still answers: HTTP/2's own ping (RFC 9113, section 6.7). */
  onSession: (ping: () => Promise<void>) => void = () => {},
  /** Told of each request that has an end; what it returns is called then. */
  onRequest: () => () => void = () => () => {},
): Promise<void> {
  const closed = new Promise<void>((resolve) => wire.once('close', () => resolve()));
  wire.on('error', () => wire.destroy()); // the wire's end is told by 'close'
  const rest = await greeting(wire);
  if (rest === undefined) return;
  onGreeting();
  if (rest.length > 0) wire.unshift(rest);
  const server = http2.createServer({
    maxSessionMemory: 64,
    settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: 1024 * 1024, enablePush: false },
  });
  server.on('session', (session) => {
    onSession(() => pingOf(session));
    session.on('error', () => wire.destroy());
    session.on('goaway', () => wire.destroy()); // who takes its leave asks for nothing more; Node would wait for ever
  });
  server.on('sessionError', () => wire.destroy());
  const pace = createPace();
  server.on('stream', (stream, headers) => {
    // Listened to at once: a stream may fail while it waits for its turn, and an error that nobody hears ends the keeper.
    const gone = new AbortController();
    stream.on('error', () => gone.abort());
    stream.once('close', () => gone.abort());
    const ended = hasAnEnd(String(headers[':path']), routes) ? onRequest() : () => {};
    void pace(gone.signal)
      .then(() => serveStream(stream, headers, gone.signal, routes, log))
      .finally(ended);
  });
  server.emit('connection', wire);
  await closed;
}

/** Whether a path stands for a question with an answer, and not for a stream that lives as long as who listens, or as a program. */
function hasAnEnd(whole: string, { lines }: GateRoutes): boolean {
  const path = whole.split('?', 1)[0] ?? '';
  const isPipe = path === EGRESS_PATH || path === GIT_PATH || path.startsWith(PIPE_PATH);
  return !isPipe && !Object.hasOwn(lines, path);
}

/** Resolves when the guest has answered a ping. */
function pingOf(session: http2.ServerHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    if (session.destroyed) return reject(new Error('the session has ended'));
    session.ping((error) => (error ? reject(error) : resolve()));
  });
}

/** Reads up to the guest's greeting and returns what follows it; undefined when the wire ends before. */
async function greeting(wire: Duplex): Promise<Buffer | undefined> {
  let seen = Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = wire.read();
    if (chunk !== null) {
      seen = Buffer.concat([seen, chunk]);
      const at = seen.indexOf(GATE_GREETING);
      if (at >= 0) return seen.subarray(at + GATE_GREETING.length);
      seen = seen.subarray(-GATE_GREETING.length);
      continue;
    }
    if (wire.destroyed || wire.readableEnded) return undefined;
    await new Promise<void>((resolve) => {
      const wake = () => {
        for (const event of ['readable', 'end', 'close']) wire.off(event, wake);
        resolve();
      };
      for (const event of ['readable', 'end', 'close']) wire.once(event, wake);
    });
  }
}

async function serveStream(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  signal: AbortSignal,
  routes: GateRoutes,
  log: (entry: GateLogEntry) => void,
): Promise<void> {
  const started = performance.now();
  const method = String(headers[':method'] ?? '');
  const [path = '', query = ''] = String(headers[':path'] ?? '').split('?', 2);
  let status = 500;
  try {
    status = await route(stream, { method, path, query, headers, signal }, routes);
  } catch (error) {
    const refusal = toCoworkError(error);
    status = refusal.code === 'INTERNAL' ? 500 : 400;
    refuse(stream, status, refusal);
  }
  log({ method, path, status, ms: Math.round(performance.now() - started) });
}

interface Request {
  method: string;
  path: string;
  query: string;
  headers: http2.IncomingHttpHeaders;
  signal: AbortSignal;
}

async function route(stream: http2.ServerHttp2Stream, request: Request, routes: GateRoutes): Promise<number> {
  const { method, path, signal } = request;
  if (method === 'GET' && Object.hasOwn(routes.read, path)) {
    return answerJson(stream, 200, await routes.read[path]?.());
  }
  if (method === 'GET' && Object.hasOwn(routes.lines, path)) {
    return answerLines(stream, routes.lines[path]?.(signal) ?? []);
  }
  if (method === 'POST' && Object.hasOwn(routes.json, path)) {
    const { body, handle } = routes.json[path] as JsonRoute; // just looked up
    const parsed = body.safeParse(parseJson(await readBody(stream, GATE_BODY_MAX)));
    if (!parsed.success) {
      throw new CoworkError('REQUEST_INVALID', firstIssue(parsed.error));
    }
    return answerJson(stream, 200, (await handle(parsed.data, signal)) ?? {});
  }
  const isModels = path === '/v1/messages' || path === '/v1/messages/count_tokens';
  if (method === 'POST' && isModels && routes.model !== undefined) {
    const { query, headers } = request;
    const body = await readBody(stream, MODEL_BODY_MAX);
    return answerModel(stream, { path, query, headers, body, signal }, routes.model);
  }
  if (method === 'POST' && path === GIT_PATH && routes.git !== undefined) {
    stream.respond({ ':status': 200, 'content-type': 'application/octet-stream' });
    await routes.git(bytesOnly(stream));
    return 200;
  }
  if (method === 'POST' && path === EGRESS_PATH) {
    stream.respond({ ':status': 200, 'content-type': 'application/octet-stream' });
    await routes.egress.serve(bytesOnly(stream));
    return 200;
  }
  const take = path.startsWith(PIPE_PATH) ? routes.pipe?.(path.slice(PIPE_PATH.length)) : undefined;
  if (method === 'POST' && take !== undefined) {
    stream.respond({ ':status': 200, 'content-type': 'application/octet-stream' });
    await take(bytesOnly(stream));
    return 200;
  }
  throw new CoworkError('ROUTE_UNKNOWN', `The gate has no ${method} ${path.slice(0, 200)}.`);
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return where === '' ? (issue?.message ?? 'invalid') : `${where}: ${issue?.message}`;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new CoworkError('REQUEST_INVALID', 'The body is no JSON.', { cause: error });
  }
}

/** Answers with the error; a guest that still sends is told to stop, and an answer that has begun is cut. */
function refuse(stream: http2.ServerHttp2Stream, status: number, refusal: CoworkError): void {
  const hasBegun = stream.headersSent;
  answerJson(stream, status, refusal.toJSON());
  if (hasBegun) stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
  else if (!stream.readableEnded) stream.close(http2.constants.NGHTTP2_NO_ERROR);
}

async function readBody(stream: http2.ServerHttp2Stream, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed when the loop is left: a refusal is still to be answered.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > max) throw new CoworkError('REQUEST_TOO_LARGE', `The body has more than ${max} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function answerJson(stream: http2.ServerHttp2Stream, status: number, body: unknown): number {
  if (stream.destroyed || stream.headersSent) return status;
  stream.respond({ ':status': status, 'content-type': 'application/json' });
  stream.end(JSON.stringify(body));
  return status;
}

async function answerLines(
  stream: http2.ServerHttp2Stream,
  lines: AsyncIterable<unknown> | [],
): Promise<number> {
  stream.respond({ ':status': 200, 'content-type': 'application/x-ndjson' });
  for await (const line of lines) {
    if (stream.destroyed) return 499;
    const drained = stream.write(`${JSON.stringify(line)}\n`);
    if (!drained) await drain(stream);
  }
  stream.end();
  return 200;
}
