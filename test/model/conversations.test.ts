import { expect, test } from 'vitest';
import { createConversations } from '../../src/model/conversations.ts';

const message = (role: string, text: string) => ({ role, content: [{ type: 'text', text }] });
const body = (...messages: object[]) => Buffer.from(JSON.stringify({ model: 'm', stream: true, messages }));

/** What goes out: the texts, and which of them carry a cache mark. */
function sent(whole: ReturnType<ReturnType<typeof createConversations>['whole']>) {
  if ('refusal' in whole) return whole.refusal.status;
  const { messages, ...rest } = JSON.parse(whole.body.toString());
  const blocks = messages.map(({ content }: { content: { text: string; cache_control?: object }[] }) =>
    content.map(({ text, cache_control }) => text + (cache_control ? '*' : '')).join('|'),
  );
  return { ...rest, blocks };
}

test('a request carries only what is new, and what goes out is whole, with marks at its end and where the last one ended', () => {
  const known = createConversations();
  expect(sent(known.whole(body(message('user', 'a')), { id: 'x', after: 0 }))).toEqual({
    model: 'm',
    stream: true,
    blocks: ['a*'],
  });
  const more = body(message('assistant', 'b'), message('user', 'c'));
  expect(sent(known.whole(more, { id: 'x', after: 1 }))).toMatchObject({ blocks: ['a*', 'b', 'c*'] });
  // The last message has changed since: it is sent again.
  expect(sent(known.whole(body(message('user', 'c|d')), { id: 'x', after: 2 }))).toMatchObject({
    blocks: ['a', 'b*', 'c|d*'],
  });
});

test('a conversation that the keeper does not know is asked for as a whole', () => {
  const known = createConversations();
  expect(sent(known.whole(body(message('user', 'b')), { id: 'x', after: 1 }))).toBe(409);
  for (let i = 0; i < 20; i++) known.whole(body(message('user', 'a')), { id: `s${i}`, after: 0 });
  expect(sent(known.whole(body(message('user', 'b')), { id: 's0', after: 1 }))).toBe(409);
  expect(sent(known.whole(body(message('user', 'b')), { id: 's19', after: 1 }))).toMatchObject({
    blocks: ['a*', 'b*'],
  });
});

test('what is no request is refused and keeps nothing', () => {
  const known = createConversations();
  for (const wrong of ['', '[]', '{"messages":3}', 'null', '{']) {
    expect(sent(known.whole(Buffer.from(wrong), { id: 'x', after: 0 }))).toBe(400);
  }
  const huge = body(message('user', 'x'.repeat(33 * 1024 * 1024)));
  expect(sent(known.whole(huge, { id: 'x', after: 0 }))).toBe(413);
  expect(sent(known.whole(body(message('user', 'b')), { id: 'x', after: 1 }))).toBe(409);
});

test('whatever is sent again, changed or cut, what goes out is what a whole request would be', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  const known = createConversations();
  const model: object[] = [];
  for (let round = 0; round < 300; round++) {
    const after = random(model.length + 1);
    const fresh = Array.from({ length: random(4) }, (_, i) =>
      message(i % 2 ? 'user' : 'assistant', 'ü…'.repeat(random(200))),
    );
    model.splice(after, model.length, ...fresh);
    const whole = known.whole(body(...fresh), { id: 'x', after });
    if ('refusal' in whole) throw new Error('refused');
    const text = whole.body.toString().replaceAll(',"cache_control":{"type":"ephemeral"}', '');
    expect(JSON.parse(text)).toEqual({ model: 'm', stream: true, messages: model });
    expect(whole.last.map((json) => JSON.parse(json))).toEqual(model.slice(-32));
  }
});
