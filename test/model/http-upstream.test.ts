import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import net from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { type HttpDeadlines, httpUpstream } from '../../src/model/http-upstream.ts';
import type { ModelRequest, Upstream } from '../../src/model/upstream.ts';
import { ADA, bodyOf, clientOf, listen, textOf } from './front-door.ts';

const KEY = 'sk-ant-secret-key-0123456789';
const ASK = { model: 'm', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Hi' }] };
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 1 },
};
const EVENTS = [
  { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 1 },
  },
  { type: 'message_stop' },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A model server of the given behaviour on loopback, and an upstream to it. */
async function upstreamTo(
  handler: Handler,
  deadlines: Partial<HttpDeadlines> = {},
  path = '',
): Promise<Upstream> {
  return open(`http://127.0.0.1:${await listen(createServer(handler))}${path}`, deadlines);
}

async function open(baseUrl: string, deadlines: Partial<HttpDeadlines> = {}): Promise<Upstream> {
  const upstream = await httpUpstream({ key: KEY, baseUrl, deadlines });
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  return upstream;
}

const request = (changes: Partial<ModelRequest> = {}): ModelRequest => ({
  path: '/v1/messages',
  query: 'beta=true',
  headers: { 'anthropic-version': '2026-10-21', 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(ASK)),
  agent: ADA,
  signal: new AbortController().signal,
  ...changes,
});

async function errorOf(upstream: Upstream, changes: Partial<ModelRequest> = {}) {
  const answer = await upstream.send(request(changes));
  const text = await textOf(answer.body);
  expect(text).not.toContain(KEY);
  expect(JSON.stringify(answer.headers)).not.toContain(KEY);
  return { status: answer.status, headers: answer.headers, ...JSON.parse(text) };
}

test('A message and a stream pass through the SDK client unchanged', async () => {
  const upstream = await upstreamTo(async (incoming, response) => {
    const { stream } = JSON.parse((await bodyOf(incoming)).toString());
    response.setHeader('request-id', 'req_7');
    if (!stream) return response.setHeader('content-type', 'application/json').end(JSON.stringify(MESSAGE));
    response.setHeader('content-type', 'text/event-stream');
    return response.end(EVENTS.join(''));
  });
  const client = await clientOf(upstream);
  expect(await client.messages.create(ASK)).toMatchObject({ content: [{ text: 'Hello' }] });
  const streamed = await client.messages.stream(ASK).finalMessage();
  expect(streamed.content).toMatchObject([{ type: 'text', text: 'Hello' }]);
});

test('The first bytes of a stream arrive while the server is still at it', async () => {
  let release: () => void = () => {};
  const upstream = await upstreamTo((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(EVENTS[0]);
    release = () => response.end(EVENTS.slice(1).join(''));
  });
  const { body } = await upstream.send(request());
  const reader = body[Symbol.asyncIterator]();
  const first = await reader.next();
  expect(Buffer.from(first.value).toString()).toBe(EVENTS[0]);
  release();
  let rest = '';
  for (let next = await reader.next(); !next.done; next = await reader.next())
    rest += Buffer.from(next.value);
  expect(rest).toBe(EVENTS.slice(1).join(''));
});

test('The key and the agent are added on the way out, and what the guest sent of either is dropped', async () => {
  const seen: IncomingMessage[] = [];
  const upstream = await upstreamTo(
    (incoming, response) => {
      seen.push(incoming);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(MESSAGE));
    },
    {},
    '/proxy/',
  );
  const { body } = await upstream.send(
    request({
      headers: {
        'anthropic-version': '2026-10-21',
        'anthropic-beta': 'x-1',
        authorization: 'Bearer foreign',
        'x-api-key': 'foreign',
        'x-cowork-agent': 'mallory',
        cookie: 'a=b',
      },
    }),
  );
  await textOf(body);
  expect(seen[0]?.url).toBe('/proxy/v1/messages?beta=true');
  expect(seen[0]?.headers).toMatchObject({
    'x-api-key': KEY,
    'anthropic-beta': 'x-1',
    'anthropic-version': '2026-10-21',
    'x-cowork-team': 'demo',
    'x-cowork-agent': 'ada',
    'x-cowork-role': 'teammate',
    'x-cowork-incarnation': '1',
  });
  expect(JSON.stringify(seen[0]?.rawHeaders)).not.toMatch(/foreign|mallory|a=b/);
});

test('Any path but the two of the contract, and any other query, stays inside', async () => {
  let asked = 0;
  const upstream = await upstreamTo((_, response) => {
    asked++;
    response.end('{}');
  });
  const path = '/v1/files' as ModelRequest['path']; // a path that is no route is what is tested
  expect(await errorOf(upstream, { path })).toMatchObject({
    status: 404,
    error: { type: 'not_found_error' },
  });
  expect(await errorOf(upstream, { query: 'a=1' })).toMatchObject({ status: 404 });
  expect(asked).toBe(0);
  expect(await errorOf(upstream, { path: '/v1/messages/count_tokens', query: '' })).toEqual({
    status: 200,
    headers: expect.anything(),
  });
});

test('A server that refuses the connection, or whose name is unknown, is a 502 that says so', async () => {
  const port = await listen(createServer());
  const closed = net.createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const free = (closed.address() as net.AddressInfo).port; // a TCP server has an address object
  await new Promise((resolve) => closed.close(resolve));
  expect(port).not.toBe(free);
  expect(await errorOf(await open(`http://127.0.0.1:${free}`))).toMatchObject({
    status: 502,
    error: { type: 'api_error', message: expect.stringMatching(/refused the connection/) },
  });
  expect(await errorOf(await open('http://no-such-host.invalid'))).toMatchObject({ status: 502 });
});

test('A server that never answers is a 504 after the deadline of the first byte', async () => {
  const upstream = await upstreamTo(() => {}, { firstByte: 300 });
  expect(await errorOf(upstream)).toMatchObject({
    status: 504,
    error: { type: 'timeout_error', message: expect.stringMatching(/no answer within 300 ms/) },
  });
});

test('A stream that stalls or is cut ends with an error event, which the SDK throws', async () => {
  const stalling = await upstreamTo(
    (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(EVENTS.slice(0, 3).join(''));
    },
    { stall: 300 },
  );
  const cutting = await upstreamTo((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`${EVENTS.slice(0, 2).join('')}event: content_block_delta\ndata: {"type":"conte`, () =>
      response.destroy(),
    );
  });
  const ending = await upstreamTo((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(EVENTS.slice(0, 3).join(''));
  });
  const cases = [
    [stalling, /stopped in the middle of its answer for 300 ms/],
    [cutting, /closed the connection in the middle|reset the connection/],
    [ending, /ended its answer in the middle/],
  ] as const;
  for (const [upstream, message] of cases) {
    const client = await clientOf(upstream);
    await expect(client.messages.stream(ASK).finalMessage()).rejects.toThrow(message);
  }
});

test('A JSON answer that is cut is a 502, not half a message', async () => {
  const upstream = await upstreamTo((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
    response.write('{"id":"msg', () => response.destroy());
  });
  expect(await errorOf(upstream)).toMatchObject({ status: 502, error: { type: 'api_error' } });
});

test('Nonsense, redirects and errors of another shape become errors of the Messages API', async () => {
  const upstream = await upstreamTo((incoming, response) => {
    const kind = incoming.headers['anthropic-beta'];
    if (kind === 'html') response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>');
    else if (kind === 'redirect') response.writeHead(302, { location: 'http://elsewhere' }).end();
    else if (kind === 'proxy') response.writeHead(404, {}).end('<html><b>nginx</b> has no such page</html>');
    else incoming.socket.end('SSH-2.0-OpenSSH_9.2\r\n');
  });
  const error = (kind: string) => errorOf(upstream, { headers: { 'anthropic-beta': kind } });
  expect(await error('html')).toMatchObject({
    status: 502,
    error: { message: expect.stringMatching(/text\/html, which is not the Messages API/) },
  });
  expect(await error('redirect')).toMatchObject({
    status: 502,
    error: { message: expect.stringMatching(/redirect/) },
  });
  expect(await error('proxy')).toMatchObject({
    status: 404,
    type: 'error',
    error: {
      type: 'not_found_error',
      message: expect.stringMatching(/answered 404: nginx has no such page/),
    },
  });
  expect(await error('ssh')).toMatchObject({ status: 502, error: { type: 'api_error' } });
});

test('A 429 keeps its retry-after and its body, so that the SDK waits as told and succeeds', async () => {
  let asked = 0;
  const upstream = await upstreamTo((_, response) => {
    asked++;
    response.setHeader('content-type', 'application/json');
    if (asked > 1) return response.end(JSON.stringify(MESSAGE));
    response.writeHead(429, { 'retry-after': '0', 'anthropic-ratelimit-requests-remaining': '0' });
    return response.end('{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}');
  });
  const inner = await clientOf(upstream);
  const patient = new Anthropic({ apiKey: 'x', baseURL: inner.baseURL, maxRetries: 2 });
  expect(await patient.messages.create(ASK)).toMatchObject({ id: 'msg_1' });
  asked = 0;
  expect(await errorOf(upstream)).toMatchObject({
    status: 429,
    headers: { 'retry-after': '0', 'anthropic-ratelimit-requests-remaining': '0' },
    error: { type: 'rate_limit_error', message: 'slow down' },
  });
});

test('A server that echoes the key gets it masked: in errors, headers, messages and across stream chunks', async () => {
  const upstream = await upstreamTo((incoming, response) => {
    const key = String(incoming.headers['x-api-key']);
    const kind = incoming.headers['anthropic-beta'];
    response.setHeader('request-id', key);
    if (kind === 'error') return response.writeHead(401).end(`invalid key ${key}`);
    if (kind === 'json') {
      return response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ ...MESSAGE, id: key }));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: ping\ndata: {"k":"${key.slice(0, 9)}`);
    return setImmediate(() => response.end(`${key.slice(9)}"}\n\n${EVENTS.join('')}`));
  });
  expect(await errorOf(upstream, { headers: { 'anthropic-beta': 'error' } })).toMatchObject({
    status: 401,
    error: { type: 'authentication_error', message: expect.stringContaining('[key withheld]') },
  });
  expect(await errorOf(upstream, { headers: { 'anthropic-beta': 'json' } })).toMatchObject({
    id: '[key withheld]',
  });
  const { body } = await upstream.send(request());
  expect(await textOf(body)).toBe(`event: ping\ndata: {"k":"[key withheld]"}\n\n${EVENTS.join('')}`);
});

test('A request that is given up is given up at the server, too', async () => {
  const gone = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const upstream = await upstreamTo((_, response) => {
    begun.resolve();
    response.on('close', () => gone.resolve());
  });
  const stop = new AbortController();
  const answer = upstream.send(request({ signal: stop.signal }));
  await begun.promise;
  stop.abort();
  await expect(answer).rejects.toThrow(/abort/i);
  await gone.promise;
});
