// A server of the Messages API that takes nothing that the real one refuses, and streams as awkwardly as the network may.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createPromptCache, type PromptUsage, tokensOf } from './prompt-cache.ts';
import { refusalOf, signatureOf } from './rules.ts';

/** What the model says to one request. */
export interface Said {
  text?: string;
  thinking?: string;
  calls?: [name: string, input: Record<string, unknown>][];
  /** Why it stops, when it is not what follows from the calls. */
  stop?: 'refusal' | 'max_tokens';
  /** A block of compaction, in answer to a request for one. */
  compaction?: string;
  fault?: Fault;
}

export type Fault =
  | { status: number; message?: string; retryAfter?: string; retryAfterMs?: number }
  /** After so many events: the line is cut, goes silent for ever, or gets nonsense or an error event. */
  | { after: number; how: 'cut' | 'stall' | 'nonsense' | 'error event' };

/** A request that was taken, as the test looks at it. */
export interface Asked {
  agent: string;
  role: string;
  /** From 1, by agent and role. */
  number: number;
  headers: http.IncomingHttpHeaders;
  body: {
    model: string;
    system?: { text: string }[];
    tools?: { name: string }[];
    messages: { role: string; content: Block[] | string }[];
    compaction?: unknown;
    max_tokens?: number;
    thinking?: unknown;
    output_config?: unknown;
  };
  usage: PromptUsage;
  /** All text of the last message, results of tools included. */
  last: string;
  /** All text of the whole conversation. */
  all: string;
  /** Milliseconds of the process's clock at which it came. */
  at: number;
}

export interface Block {
  type: string;
  text?: string;
  content?: unknown;
  is_error?: boolean;
  tool_use_id?: string;
  name?: string;
}

/** What a lead says that waits for the user, who knows it: it asks, and ends its turn. */
export const waitsForUser = ({ last, number }: Asked): Said =>
  last.includes('"request":')
    ? { text: 'I wait.' }
    : { text: 'I ask.', calls: [['ask_user', { question: `And ${number}?` }]] };

export interface StrictServer {
  url: string;
  asked: Asked[];
  /** What was refused for breaking a rule of the API; a test expects none. */
  refused: string[];
  /** Requests with a field or a beta that this server does not know. */
  unknown: number;
}

interface StrictOptions {
  /** Tokens of a prompt that are too many. */
  window?: number;
  betas?: readonly string[];
  /** Fields that this server does not know, as servers of others do not. */
  unknown?: readonly string[];
}

const BODY_MAX = 32 * 1024 * 1024;

/** Serves what `model` says, by whoever asks. */
export async function serveStrictly(
  model: (asked: Asked) => Said | Promise<Said>,
  atEnd: (work: () => void) => void,
  { window = 1_000_000, betas = [], unknown = [] }: StrictOptions = {},
): Promise<StrictServer> {
  const asked: Asked[] = [];
  const refused: string[] = [];
  const served: StrictServer = { url: '', asked, refused, unknown: 0 };
  const cache = createPromptCache();
  let calls = 0;

  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const at = performance.now();
    const body = await bodyOf(request);
    const fail = (status: number, type: string, message: string, headers: http.OutgoingHttpHeaders = {}) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'request-id': `req_${asked.length}`,
        ...headers,
      });
      response.end(JSON.stringify({ type: 'error', error: { type, message } }));
    };
    const refuse = (message: string, status = 400, type = 'invalid_request_error') => {
      refused.push(message);
      fail(status, type, message);
    };
    if (request.method !== 'POST' || !/^\/v1\/messages(\?beta=true)?$/.test(request.url ?? '')) {
      return fail(404, 'not_found_error', 'Not found');
    }
    if (request.headers['anthropic-version'] === undefined)
      return refuse('anthropic-version: header is required');
    if (body.length > BODY_MAX) return refuse('Request exceeds the maximum size', 413, 'request_too_large');
    const wanted = String(request.headers['anthropic-beta'] ?? '')
      .split(',')
      .filter((beta) => beta !== '');
    const strange = wanted.find((beta) => !betas.includes(beta));
    if (strange !== undefined) {
      served.unknown++;
      return fail(
        400,
        'invalid_request_error',
        `Unexpected value(s) \`${strange}\` for the \`anthropic-beta\` header.`,
      );
    }
    let json: Asked['body'];
    try {
      json = JSON.parse(body.toString());
    } catch {
      return refuse('The request body is not valid JSON');
    }
    const field = unknown.find((each) => each in json);
    if (field !== undefined) {
      served.unknown++;
      return fail(400, 'invalid_request_error', `${field}: Extra inputs are not permitted`);
    }
    const why = refusalOf(json, wanted);
    if (why !== undefined) return refuse(why);
    const size = tokensOf(json.system) + tokensOf(json.tools) + tokensOf(json.messages);
    if (size > window)
      return fail(400, 'invalid_request_error', `prompt is too long: ${size} tokens > ${window} maximum`);
    const agent = String(request.headers['x-cowork-agent'] ?? '');
    const role = String(request.headers['x-cowork-role'] ?? '');
    const number = asked.filter((each) => each.agent === agent && each.role === role).length + 1;
    const texts = json.messages.map(({ content }) => textOf(content));
    const entry = {
      agent,
      role,
      number,
      headers: request.headers,
      body: json,
      at,
      last: texts.at(-1) ?? '',
      all: texts.join('\n'),
    };
    const now: Asked = { ...entry, usage: cache.use(json as Parameters<typeof cache.use>[0]) };
    asked.push(now);
    const said = await model(now);
    const { fault } = said;
    if (fault !== undefined && 'status' in fault) {
      const headers: http.OutgoingHttpHeaders = {};
      if (fault.retryAfter !== undefined) headers['retry-after'] = fault.retryAfter;
      if (fault.retryAfterMs !== undefined) headers['retry-after-ms'] = String(fault.retryAfterMs);
      return fail(
        fault.status,
        ERROR_TYPES[fault.status] ?? 'api_error',
        fault.message ?? 'injected',
        headers,
      );
    }
    const events = eventsOf(said, now.usage, json.model, () => `toolu_${++calls}`);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'request-id': `req_${asked.length}`,
    });
    await stream(response, events, fault);
  };

  const server = http.createServer((request, response) => {
    request.on('error', () => {});
    response.on('error', () => {});
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return served;
}

const ERROR_TYPES: Record<number, string> = {
  429: 'rate_limit_error',
  529: 'overloaded_error',
  400: 'invalid_request_error',
};

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((block: Block) => block.text ?? textOf(block.content)).join('\n');
}

function eventsOf(said: Said, usage: PromptUsage, model: string, newId: () => string): object[] {
  const blocks = [
    ...(said.compaction === undefined ? [] : [{ type: 'compaction', content: said.compaction }]),
    ...(said.thinking === undefined ? [] : [{ type: 'thinking', thinking: said.thinking }]),
    ...(said.text === undefined ? [] : [{ type: 'text', text: said.text }]),
    ...(said.calls ?? []).map(([name, input]) => ({ type: 'tool_use', id: newId(), name, input })),
  ];
  const stop =
    said.compaction !== undefined
      ? 'compaction'
      : (said.stop ?? ((said.calls ?? []).length > 0 ? 'tool_use' : 'end_turn'));
  const message = {
    id: newId(),
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
  return [
    { type: 'message_start', message: { ...message, usage: { ...usage, output_tokens: 1 } } },
    { type: 'ping' },
    ...blocks.flatMap((block, index) => blockEvents(block, index)),
    {
      type: 'message_delta',
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: tokensOf(blocks) },
    },
    { type: 'message_stop' },
  ];
}

function blockEvents(block: { type: string; [field: string]: unknown }, index: number): object[] {
  const delta = (fields: object) => ({ type: 'content_block_delta', index, delta: fields });
  const start = (content_block: object) => ({ type: 'content_block_start', index, content_block });
  const stop = { type: 'content_block_stop', index };
  if (block.type === 'text') {
    const pieces = String(block.text).match(/[\s\S]{1,7}/gu) ?? [];
    return [
      start({ ...block, text: '' }),
      ...pieces.map((text) => delta({ type: 'text_delta', text })),
      stop,
    ];
  }
  if (block.type === 'thinking') {
    const signature = signatureOf(String(block.thinking));
    return [
      start({ type: 'thinking', thinking: '', signature: '' }),
      delta({ type: 'thinking_delta', thinking: block.thinking }),
      delta({ type: 'signature_delta', signature }),
      stop,
    ];
  }
  if (block.type === 'compaction') {
    return [
      start({
        type: 'compaction',
        ...{ content: null, encrypted_content: null, signature: signatureOf(String(block.content)) },
      }),
      delta({ type: 'compaction_delta', content: block.content, encrypted_content: 'opaque' }),
      stop,
    ];
  }
  const pieces = JSON.stringify(block.input).match(/[\s\S]{1,5}/gu) ?? [];
  const input = ['', ...pieces].map((partial_json) => delta({ type: 'input_json_delta', partial_json }));
  return [start({ ...block, input: {} }), ...input, stop];
}

/** Sends events in pieces that end anywhere, also within a character, and of growing size so that it does not take long. */
async function stream(response: http.ServerResponse, events: object[], fault: Said['fault']): Promise<void> {
  const sent = fault !== undefined && 'after' in fault ? events.slice(0, fault.after) : events;
  const bytes = Buffer.from(
    sent
      .map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join(''),
  );
  for (let from = 0, size = 1; from < bytes.length; from += size, size = Math.min(size * 3, 4001)) {
    response.write(bytes.subarray(from, from + size));
    if (size < 300) await delay(1);
  }
  if (fault === undefined || !('after' in fault)) return void response.end();
  if (fault.how === 'stall') return;
  if (fault.how === 'nonsense')
    response.end('event: content_block_delta\ndata: {"type":"content_block_del\n\n');
  else if (fault.how === 'error event') {
    response.end(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    );
  } else response.destroy();
}
