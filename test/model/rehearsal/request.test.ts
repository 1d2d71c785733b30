import { expect, test } from 'vitest';
import { defineRehearsal, say } from '../../../src/model/rehearsal/script.ts';
import { rehearsalUpstream } from '../../../src/model/rehearsal/upstream.ts';
import { ADA, textOf } from '../front-door.ts';

const upstream = rehearsalUpstream(
  defineRehearsal({
    title: 'Hello',
    *lead() {},
    *teammate() {
      yield say('Hello, wörld 🎈!');
    },
  }),
  { team: 'demo', job: '', grants: [], teammates: [], paceMs: 0 },
);

const HEADERS = { 'anthropic-version': '2026-10-21' };
const USER = { role: 'user', content: 'Hi' };
const GOOD = { model: 'm', max_tokens: 10, messages: [USER] };
const USE = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'x', input: {} }] };
const RESULT = { type: 'tool_result', tool_use_id: 'a', content: 'ok' };

async function send(body: unknown, headers: Record<string, string> = HEADERS, path = '/v1/messages') {
  const answer = await upstream.send({
    path: path as '/v1/messages', // a path that is no route must be refused, too
    query: '',
    headers,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    agent: ADA,
    signal: new AbortController().signal,
  });
  return { status: answer.status, text: await textOf(answer.body) };
}

const REFUSED: [string, unknown, RegExp][] = [
  ['is not JSON', '{"model"', /not valid JSON/],
  ['has no model', { ...GOOD, model: undefined }, /model: Field required/],
  ['has no max_tokens', { ...GOOD, max_tokens: undefined }, /max_tokens: Field required/],
  ['asks for zero tokens', { ...GOOD, max_tokens: 0 }, /max_tokens: /],
  ['has no messages', { ...GOOD, messages: [] }, /messages: /],
  ['begins with the assistant', { ...GOOD, messages: [USE] }, /first message must use the "user" role/],
  ['ends with the assistant', { ...GOOD, messages: [USER, { role: 'assistant', content: 'x' }] }, /prefill/],
  ['has an unknown role', { ...GOOD, messages: [{ role: 'robot', content: 'x' }] }, /messages\.0\.role/],
  ['has an empty text', { ...GOOD, messages: [{ role: 'user', content: '' }] }, /non-empty/],
  ['has an empty content', { ...GOOD, messages: [{ role: 'user', content: [] }] }, /must not be empty/],
  [
    'leaves a call unanswered',
    { ...GOOD, messages: [USER, USE, USER] },
    /without `tool_result` blocks.*: a\./,
  ],
  [
    'answers a call that was not made',
    { ...GOOD, messages: [{ role: 'user', content: [RESULT] }] },
    /unexpected `tool_use_id`/,
  ],
  [
    'answers a call twice',
    { ...GOOD, messages: [USER, USE, { role: 'user', content: [RESULT, RESULT] }] },
    /unexpected `tool_use_id`/,
  ],
  [
    'puts text before results',
    { ...GOOD, messages: [USER, USE, { role: 'user', content: [{ type: 'text', text: 'x' }, RESULT] }] },
    /must come first/,
  ],
  [
    'lets the user call a tool',
    { ...GOOD, messages: [{ ...USE, role: 'user' }] },
    /not allowed in user messages/,
  ],
  ['offers two tools of one name', { ...GOOD, tools: [{ name: 'x' }, { name: 'x' }] }, /unique/],
];

for (const [what, body, message] of REFUSED) {
  test(`A request that ${what} is refused as the real API does`, async () => {
    const { status, text } = await send(body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringMatching(message) },
    });
  });
}

test('A request without anthropic-version is refused, and another path is not found', async () => {
  expect(await send(GOOD, {})).toMatchObject({ status: 400 });
  expect(await send(GOOD, HEADERS, '/v1/models')).toMatchObject({ status: 404 });
});

test('A streamed message has the events of the real API in their order, and splits no character', async () => {
  const { status, text } = await send({ ...GOOD, stream: true });
  expect(status).toBe(200);
  expect(text.match(/(?<=^event: ).*$/gm)).toEqual([
    'message_start',
    'ping',
    'content_block_start',
    'content_block_delta',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
  const data = text.match(/(?<=^data: ).*$/gm)?.map((line) => JSON.parse(line)) ?? [];
  expect(data.map(({ delta }) => delta?.text ?? '').join('')).toBe('Hello, wörld 🎈!');
  expect(data[0].message).toMatchObject({ content: [], stop_reason: null, model: 'rehearsal' });
  expect(data.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' } });
});

test('A request that is given up while the answer streams ends the stream', async () => {
  const stop = new AbortController();
  const answer = await upstream.send({
    path: '/v1/messages',
    query: '',
    headers: HEADERS,
    body: Buffer.from(JSON.stringify({ ...GOOD, stream: true })),
    agent: ADA,
    signal: stop.signal,
  });
  await expect(async () => {
    for await (const _ of answer.body) stop.abort();
  }).rejects.toThrow(/abort/i);
});
