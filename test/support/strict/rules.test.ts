import { expect, test } from 'vitest';
import { refusalOf } from './rules.ts';

const request = {
  model: 'm',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'Hi' }],
};
const tool = { name: 'bash', description: 'Runs', input_schema: { type: 'object' } };
const user = (...content: object[]) => ({ role: 'user', content });
const assistant = (...content: object[]) => ({ role: 'assistant', content });
const text = (said: string, more = {}) => ({ type: 'text', text: said, ...more });
const use = (id: string) => ({ type: 'tool_use', id, name: 'bash', input: {} });
const result = (id: string, more = {}) => ({ type: 'tool_result', tool_use_id: id, content: 'ok', ...more });
const mark = { cache_control: { type: 'ephemeral' } };
const talk = (...messages: object[]) => ({ ...request, messages });

test('a conversation that keeps the rules is taken', () => {
  const messages = [
    user(text('Hi')),
    assistant(text('I look'), use('a'), use('b')),
    user(result('a'), result('b'), text('And?', mark)),
  ];
  expect(refusalOf({ ...talk(...messages), tools: [tool], system: [text('You', mark)] }, [])).toBeUndefined();
});

test.each<[string, object, RegExp]>([
  ['a field that is not known', { ...request, colour: 1 }, /colour: Extra inputs/],
  [
    'a field of a beta without its header',
    { ...request, compaction: { type: 'summarize' } },
    /compaction: Extra inputs/,
  ],
  ['no messages', talk(), /at least one message/],
  ['too many tokens of output', { ...request, max_tokens: 1e9 }, /max_tokens/],
  ['an empty text', talk(user(text(''))), /non-empty/],
  ['a text of blanks', talk(user(text(' \n'))), /non-whitespace/],
  ['an empty message', talk(user()), /non-empty content/],
  ['an assistant first', talk(assistant(text('Hi')), user(text('Hi'))), /first message/],
  ['an assistant last', talk(user(text('Hi')), assistant(text('Hi'))), /prefill/],
  [
    'a call that is not answered',
    talk(user(text('Hi')), assistant(use('a')), user(text('Hm'))),
    /without `tool_result`/,
  ],
  [
    'one of two calls not answered',
    talk(user(text('Hi')), assistant(use('a'), use('b')), user(result('a'))),
    /b/,
  ],
  ['an answer to nothing', talk(user(result('a'))), /unexpected `tool_use_id`/],
  [
    'two answers to one call',
    talk(user(text('Hi')), assistant(use('a')), user(result('a'), result('a'))),
    /multiple/,
  ],
  [
    'text before results',
    talk(user(text('Hi')), assistant(use('a')), user(text('Hm'), result('a'))),
    /come first/,
  ],
  [
    'the same id twice',
    talk(user(text('Hi')), assistant(use('a')), user(result('a')), assistant(use('a')), user(result('a'))),
    /unique/,
  ],
  ['a call in the user’s mouth', talk(user(use('a'))), /not allowed/],
  [
    'an error without a word',
    talk(user(text('Hi')), assistant(use('a')), user(result('a', { is_error: true, content: '' }))),
    /cannot be empty/,
  ],
  [
    'thinking that it has not signed',
    talk(user(text('Hi')), assistant({ type: 'thinking', thinking: 'x', signature: 'y' }), user(text('Hm'))),
    /signature/,
  ],
  ['five cache marks', talk(user(...Array.from({ length: 5 }, () => text('x', mark)))), /maximum of 4/],
  ['a tool without a proper name', { ...request, tools: [{ ...tool, name: 'my tool' }] }, /pattern/],
  ['two tools of one name', { ...request, tools: [tool, tool] }, /unique/],
  [
    'a schema that is none of an object',
    { ...request, tools: [{ ...tool, input_schema: { type: 'string' } }] },
    /'object'/,
  ],
  ['a field of ours on a block', talk(user(text('Hi', { note: 1 }))), /note: Extra inputs/],
])('the strict server refuses %s', (_, wrong, why) => {
  expect(refusalOf(wrong, [])).toMatch(why);
});
