import { Agent } from 'undici'; // not by import(): in a bundle that gives a CommonJS package without its names
import { CoworkError } from '../protocol/errors.ts';
import { apiError, apiErrorBody, apiErrorType, wholeResponse } from './api-error.ts';
import { maskText, withoutSecret } from './redact.ts';
import { EVENT_MAX, encodeEvent, sseParser } from './sse.ts';
import type { ModelRequest, ModelResponse, Upstream } from './upstream.ts';

/** How long to wait for a model server, each in milliseconds. */
export interface HttpDeadlines {
  connect: number;
  /** From the request to the head of the answer; models think. */
  firstByte: number;
  /** Between two pieces of an answer. */
  stall: number;
}

const DEADLINES: HttpDeadlines = { connect: 15_000, firstByte: 600_000, stall: 300_000 };

/** Largest answer that is taken as a whole (JSON, not streamed), in bytes. */
const WHOLE_MAX = 32 * 1024 * 1024;

export interface HttpUpstreamOptions {
  key: string | undefined;
  baseUrl: string | undefined;
  deadlines?: Partial<HttpDeadlines>;
}

/** Opens Anthropic's API, or the server at `baseUrl` that speaks it. Errors: MODEL_KEY_INVALID, MODEL_URL_INVALID. */
export async function httpUpstream({ key, baseUrl, deadlines }: HttpUpstreamOptions): Promise<Upstream> {
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    throw new CoworkError('MODEL_KEY_INVALID', 'ANTHROPIC_API_KEY holds characters that no key has');
  }
  const base = parseBaseUrl(baseUrl ?? 'https://api.anthropic.com');
  const isAnthropic = /(^|\.)anthropic\.com$/.test(base.hostname);
  const wait = { ...DEADLINES, ...deadlines };
  const dispatcher = new Agent({
    connect: { timeout: wait.connect },
    headersTimeout: wait.firstByte,
    bodyTimeout: wait.stall,
  });
  const link: Link = { base, key, isAnthropic, wait, dispatcher };
  return {
    kind: isAnthropic ? 'anthropic' : 'compatible',
    label: isAnthropic ? `Anthropic (${base.host})` : base.host,
    send: (request) => forward(link, request),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

interface Link {
  base: URL;
  key: string | undefined;
  isAnthropic: boolean;
  wait: HttpDeadlines;
  dispatcher: import('undici').Dispatcher;
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search) {
    throw new CoworkError('MODEL_URL_INVALID', 'ANTHROPIC_BASE_URL is not the address of a model server');
  }
  return url;
}

async function forward(link: Link, request: ModelRequest): Promise<ModelResponse> {
  const refused = refusal(request);
  if (refused) return refused;
  try {
    const answer = await link.dispatcher.request({
      origin: link.base.origin,
      path: link.base.pathname.replace(/\/+$/, '') + request.path + (request.query && `?${request.query}`),
      method: 'POST',
      headers: requestHeaders(link, request),
      body: request.body,
      signal: request.signal,
    });
    const headers = responseHeaders(answer.headers, link.key);
    const body = withoutSecret(answer.body, link.key);
    const isStream = answer.statusCode === 200 && /^text\/event-stream\b/.test(headers['content-type'] ?? '');
    if (isStream) return { status: 200, headers, body: wholeStream(body, link, request.signal) };
    return checked(link, answer.statusCode, headers, await collect(body));
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    const { status, message } = describe(error, link);
    return apiError(status, message);
  }
}

/** Only the two routes of the contract go out, with no query but `beta=true`. */
function refusal({ path, query }: ModelRequest): ModelResponse | undefined {
  const isRoute = path === '/v1/messages' || path === '/v1/messages/count_tokens';
  if (isRoute && (query === '' || query === 'beta=true')) return undefined;
  return apiError(404, `${path} is not a route of the model gate.`);
}

function requestHeaders(
  { key, isAnthropic }: Link,
  { headers, agent }: ModelRequest,
): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    // Hop-by-hop and what undici counts itself; credentials are dropped here once more, should the gate miss one.
    if (
      !/^(host|connection|content-length|transfer-encoding|te|expect|authorization|x-api-key|cookie|accept-encoding|x-cowork-.*)$/i.test(
        name,
      )
    ) {
      sent[name] = value;
    }
  }
  sent['accept-encoding'] = 'identity';
  sent['content-type'] ??= 'application/json';
  if (key !== undefined) sent['x-api-key'] = key;
  if (!isAnthropic) {
    sent['x-cowork-team'] = agent.team;
    sent['x-cowork-agent'] = agent.name;
    sent['x-cowork-role'] = agent.role;
    sent['x-cowork-incarnation'] = String(agent.incarnation);
  }
  return sent;
}

const PASSED =
  /^(content-type|request-id|x-request-id|retry-after|retry-after-ms|x-should-retry|anthropic-.*)$/;

function responseHeaders(
  headers: Record<string, string | string[] | undefined>,
  key: string | undefined,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && PASSED.test(name)) passed[name] = maskText(String(value), key);
  }
  return passed;
}

/**
 * Streams on, whole events only; a stream that ends before its `message_stop` ends with an error event in place of
 * the event that was cut, as the API's own streams do.
 */
async function* wholeStream(
  body: AsyncIterable<Uint8Array>,
  link: Link,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const parse = sseParser();
  let isFinished = false;
  let open: Buffer = Buffer.alloc(0);
  let message = `${link.base.host} ended its answer in the middle.`;
  try {
    for await (const chunk of body) {
      isFinished ||= parse(chunk).some(({ event, data }) =>
        /^(message_stop|error)$/.test(eventName(event, data)),
      );
      const bytes = open.length > 0 ? Buffer.concat([open, chunk]) : Buffer.from(chunk);
      const end = bytes.length > EVENT_MAX ? bytes.length : endOfEvents(bytes);
      open = bytes.subarray(end);
      if (end > 0) yield bytes.subarray(0, end);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    message = describe(error, link).message;
  }
  if (!isFinished) yield encodeEvent('error', JSON.parse(apiErrorBody('api_error', message)));
}

/** Where the last whole event ends: behind its blank line. */
function endOfEvents(bytes: Buffer): number {
  const ends = ['\n\n', '\r\n\r\n', '\r\r'].map((blank) => {
    const at = bytes.lastIndexOf(blank);
    return at < 0 ? 0 : at + blank.length;
  });
  return Math.max(...ends);
}

/** Some servers leave the `event:` line out; the type inside says the same. */
function eventName(event: string, data: string): string {
  if (event !== 'message') return event;
  return /"type":\s*"(message_stop|error)"/.exec(data)?.[1] ?? event;
}

/** A whole answer as it is when it is JSON, else an error which says what came instead. */
function checked(link: Link, status: number, headers: Record<string, string>, bytes: Buffer): ModelResponse {
  const parsed = parseObject(bytes);
  const { 'content-type': type = 'no content type', ...rest } = headers;
  if (status >= 200 && status < 300) {
    if (parsed) return wholeResponse(status, bytes, rest);
    return apiError(
      502,
      `${link.base.host} answered with ${bytes.length} bytes of ${type}, which is not the Messages API.`,
    );
  }
  if (status < 400)
    return apiError(502, `${link.base.host} answered ${status}, a redirect, which is not followed.`);
  if (isApiError(parsed)) return wholeResponse(status, bytes, rest);
  const said = bytes
    .toString('utf8', 0, 300)
    .replace(/(<[^>]*>|\s)+/g, ' ')
    .trim();
  const message = `${link.base.host} answered ${status}${said ? `: ${said}` : '.'}`;
  return wholeResponse(status, apiErrorBody(apiErrorType(status), message), rest);
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    // A parsed value that is an object and not null has string keys.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // not JSON: the caller answers with an error that says so
  }
}

function isApiError(value: Record<string, unknown> | undefined): boolean {
  return value?.type === 'error' && typeof value.error === 'object' && value.error !== null;
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > WHOLE_MAX) throw new Error(`its answer is larger than ${WHOLE_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What went wrong on the way, for the model's user: 504 for a missed deadline, else 502. Both are retried by the SDK. */
function describe(error: unknown, { base, key, wait }: Link): { status: 502 | 504; message: string } {
  const { code, message } = error as { code?: string; message?: string }; // whatever is thrown: both are optional
  const host = base.host;
  const late: Record<string, string> = {
    UND_ERR_CONNECT_TIMEOUT: `${host} took no connection within ${wait.connect} ms.`,
    UND_ERR_HEADERS_TIMEOUT: `${host} gave no answer within ${wait.firstByte} ms.`,
    UND_ERR_BODY_TIMEOUT: `${host} stopped in the middle of its answer for ${wait.stall} ms.`,
  };
  if (code !== undefined && late[code]) return { status: 504, message: late[code] };
  const why: Record<string, string> = {
    ECONNREFUSED: `${host} refused the connection: is the model server running?`,
    ENOTFOUND: `${host} is not known: is ANTHROPIC_BASE_URL right?`,
    EAI_AGAIN: `The name ${host} could not be looked up.`,
    UND_ERR_SOCKET: `${host} closed the connection in the middle of its answer.`,
    ECONNRESET: `${host} reset the connection.`,
  };
  const said = (code !== undefined && why[code]) || `${host} could not be reached: ${message ?? code}`;
  return { status: 502, message: maskText(said, key) };
}
