import type Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { expect, test } from 'vitest';
import { call, defineRehearsal, insist, type Rehearsal, say } from '../../../src/model/rehearsal/script.ts';
import { rehearsalUpstream } from '../../../src/model/rehearsal/upstream.ts';
import { ADA, clientOf } from '../front-door.ts';

const CONTEXT = {
  team: 'demo',
  job: 'Count the sheep.',
  grants: [{ name: 'meadow', path: '/grants/meadow', mode: 'rw' as const }],
  teammates: ['ada', 'ben'],
  paceMs: 0,
};

const SHEEP = defineRehearsal({
  title: 'Sheep',
  *lead(agent) {
    const turn = yield say(`${agent.teammates[0]}, go and count.`);
    yield say(`You said ${turn.mail[0]?.text}.`);
  },
  *teammate(agent, start) {
    const { results } = yield say(`Task: ${start.said}. I look into ${agent.grants[0]?.path}.`)
      .call('count', { animal: 'sheep' })
      .call('count', { animal: 'wolves' });
    const [sheep, wolves] = results;
    const { said } = yield say(
      `I found ${sheep?.json.n} sheep and ${wolves?.isError ? 'an error' : 'wolves'}.`,
    );
    yield say(`Heard: ${said}`).call('count', { animal: 'dogs' });
    return say('Done.');
  },
});

const count = betaTool({
  name: 'count',
  description: 'Counts animals.',
  inputSchema: { type: 'object', properties: { animal: { type: 'string' } }, required: ['animal'] },
  run: ({ animal }) => {
    if (animal === 'wolves') throw new Error('they hide');
    return JSON.stringify({ n: animal.length });
  },
});

const TOOLS: Anthropic.Tool[] = [{ name: 'count', input_schema: { type: 'object' } }];

const open = (rehearsal: Rehearsal = SHEEP, agent = ADA) =>
  clientOf(rehearsalUpstream(rehearsal, CONTEXT), agent);

const ask = (messages: Anthropic.MessageParam[]) => ({
  model: 'any-model',
  max_tokens: 1000,
  tools: TOOLS,
  messages,
});

test('The SDK tool runner plays a part from its first message to its last, streamed', async () => {
  const client = await open();
  const runner = client.beta.messages.toolRunner({
    model: 'any-model',
    max_tokens: 1000,
    thread: false,
    stream: true,
    tools: [count],
    messages: [{ role: 'user', content: 'Count!' }],
  });
  const texts: string[] = [];
  for await (const stream of runner) {
    let text = '';
    stream.on('text', (piece) => {
      text += piece;
    });
    await stream.finalMessage();
    texts.push(text);
  }
  expect(texts).toEqual(['Task: Count!. I look into /grants/meadow.', 'I found 5 sheep and an error.']);
});

test('An ended turn goes on after its yield when the next user message comes, until nothing is left', async () => {
  const client = await open();
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Count!' }];
  const say1 = await client.messages.create(ask(messages));
  messages.push({ role: 'assistant', content: say1.content }, { role: 'user', content: answer(say1) });
  const say2 = await client.messages.create(ask(messages));
  messages.push({ role: 'assistant', content: say2.content }, { role: 'user', content: 'And the dogs?' });
  const say3 = await client.messages.create(ask(messages));
  messages.push({ role: 'assistant', content: say3.content }, { role: 'user', content: answer(say3) });
  const say4 = await client.messages.create(ask(messages));
  messages.push({ role: 'assistant', content: say4.content }, { role: 'user', content: 'More?' });
  const say5 = await client.messages.create(ask(messages));

  expect([say1, say2, say3, say4, say5].map(({ stop_reason }) => stop_reason)).toEqual([
    'tool_use',
    'end_turn',
    'tool_use',
    'end_turn',
    'end_turn',
  ]);
  expect(textIn(say3)).toBe('Heard: And the dogs?');
  expect(textIn(say4)).toBe('Done.');
  expect(textIn(say5)).toBe('There is nothing more in this rehearsal.');
  expect(say1.model).toBe('rehearsal');
  expect(say1.content[1]).toMatchObject({ type: 'tool_use', name: 'count', input: { animal: 'sheep' } });

  // A new process that knows nothing goes on exactly where the old one was, with the same ids.
  const other = await open();
  for (const [length, said] of [
    [1, say1],
    [3, say2],
    [5, say3],
    [7, say4],
    [9, say5],
  ] as const) {
    const again = await other.messages.create(ask(messages.slice(0, length)));
    expect(again).toEqual({ ...said, usage: again.usage });
    // Asked once more, as a retry would, the answer is the same.
    expect(await other.messages.create(ask(messages.slice(0, length)))).toEqual(again);
  }
  expect(await (await open()).messages.create(ask(messages))).toEqual(say5);
});

test('A long conversation plays each step once, not from the start every time', async () => {
  let played = 0;
  const client = await open(
    defineRehearsal({
      title: 'Long',
      *lead() {},
      *teammate() {
        for (let i = 0; i < 40; i++) {
          played++;
          yield call('count', { animal: `a${i}` });
        }
      },
    }),
  );
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Go' }];
  for (let i = 0; i < 40; i++) {
    const said = await client.messages.create(ask(messages));
    messages.push({ role: 'assistant', content: said.content }, { role: 'user', content: answer(said) });
  }
  expect(played).toBe(40);
});

test('Mail, tasks and events are read from the lines that the agent writes, also beside tool results', async () => {
  const client = await open(
    defineRehearsal({
      title: 'Lines',
      *lead() {},
      *teammate(_, start) {
        const turn = yield call('count', { task: start.tasks[0]?.id });
        yield say(JSON.stringify([turn.results.length, turn.mail, turn.events]));
      },
    }),
  );
  const messages: Anthropic.MessageParam[] = [
    {
      role: 'user',
      content: 'You have been given task t3.\nTASK {"id":"t3","subject":"Sort","description":""}',
    },
  ];
  const first = await client.messages.create(ask(messages));
  expect(first.content[0]).toMatchObject({ input: { task: 't3' } });
  const mail = { id: 'm1', from: 'ben', kind: 'message', text: 'two\nlines TASK {"id":"t9"}' };
  messages.push(
    { role: 'assistant', content: first.content },
    {
      role: 'user',
      content: [
        ...answer(first),
        { type: 'text', text: `Mail from ben, a teammate:\nMAIL ${JSON.stringify(mail)}` },
        { type: 'text', text: 'EVENT {"type":"agent_died","agent":"cleo"}\nEVENT {broken' },
      ],
    },
  );
  const second = await client.messages.create(ask(messages));
  expect(JSON.parse(textIn(second))).toEqual([1, [mail], [{ type: 'agent_died', agent: 'cleo' }]]);
});

test('The lead and a named agent have parts of their own, and a role without a part is refused', async () => {
  const lead = await open(SHEEP, { ...ADA, name: 'lead', role: 'lead' });
  const hello = await lead.messages.create(ask([{ role: 'user', content: 'Go' }]));
  expect(textIn(hello)).toBe('ada, go and count.');

  const named: Rehearsal = {
    ...SHEEP,
    agents: {
      *ben() {
        yield say('I am Ben.');
      },
    },
  };
  const ben = await open(named, { ...ADA, name: 'ben' });
  expect(textIn(await ben.messages.create(ask([{ role: 'user', content: 'Go' }])))).toBe('I am Ben.');

  const sub = await open(named, { ...ADA, name: 'ben', role: 'subagent' });
  await expect(sub.messages.create(ask([{ role: 'user', content: 'Go' }]))).rejects.toThrow(
    /no part for ben, a subagent/,
  );
});

test('A history that the script would not have made is refused with the place where it differs', async () => {
  const client = await open();
  const start: Anthropic.MessageParam = { role: 'user', content: 'Count!' };
  const first = await client.messages.create(ask([start]));
  const end: Anthropic.MessageParam = { role: 'user', content: answer(first) };
  const altered = (content: Anthropic.ContentBlockParam[]) =>
    client.messages.create(ask([start, { role: 'assistant', content }, end]));

  const [text, sheep, wolves] = first.content as Anthropic.ContentBlockParam[];
  if (!text || !sheep || !wolves) throw new Error('three blocks were expected');
  await expect(altered([{ type: 'text', text: 'No.' }, sheep, wolves])).rejects.toThrow(
    /^400 .*differ at the agent's message 1: the script says .*Task: Count!.*the history has .*No\./,
  );
  await expect(
    altered([text, { ...sheep, input: { animal: 'goats' } } as Anthropic.ContentBlockParam, wolves]),
  ).rejects.toThrow(/call 1 is count .*sheep.* in the script and count .*goats.* in the history/);
});

test('A message that an interrupt cut is said again with the calls that are missing', async () => {
  const client = await open();
  const start: Anthropic.MessageParam = { role: 'user', content: 'Count!' };
  const first = await client.messages.create(ask([start]));
  const [text, sheep, wolves] = first.content as Anthropic.ContentBlockParam[];
  if (!text || !sheep || !wolves || sheep.type !== 'tool_use') throw new Error('three blocks were expected');

  const cutText = await client.messages.create(
    ask([
      start,
      { role: 'assistant', content: [{ type: 'text', text: 'Task: Cou …' }] },
      { role: 'user', content: 'Wait!' },
    ]),
  );
  expect(cutText.content.map(({ type }) => type)).toEqual(['tool_use', 'tool_use']);

  const history: Anthropic.MessageParam[] = [
    start,
    { role: 'assistant', content: [text, sheep] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: sheep.id, content: '{"n":7}' }] },
  ];
  const rest = await client.messages.create(ask(history));
  expect(rest.content).toMatchObject([{ type: 'tool_use', input: { animal: 'wolves' } }]);
  history.push({ role: 'assistant', content: rest.content }, { role: 'user', content: answer(rest) });
  expect(textIn(await client.messages.create(ask(history)))).toBe('I found 7 sheep and wolves.');
});

test('A part can insist on calls that were cut off, and finds all mail in its inbox until it takes it out', async () => {
  const client = await open(
    defineRehearsal({
      title: 'Insist',
      *lead() {},
      *teammate(agent) {
        const { results } = yield* insist(call('count', { animal: 'a' }).call('count', { animal: 'b' }));
        yield say(`${results.map(({ text }) => text)} ${agent.inbox.mail.map(({ id }) => id)}`);
      },
    }),
  );
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Go\nMAIL {"id":"m1"}' }];
  const first = await client.messages.create(ask(messages));
  const [a, b] = answer(first);
  if (!a || !b) throw new Error('two calls were expected');
  messages.push(
    { role: 'assistant', content: first.content },
    { role: 'user', content: [a, { ...b, is_error: true, content: 'Cut off: the agent was restarted.' }] },
  );
  const second = await client.messages.create(ask(messages));
  expect(second.content).toMatchObject([{ name: 'count', input: { animal: 'b' } }]);
  messages.push(
    { role: 'assistant', content: second.content },
    { role: 'user', content: [...answer(second), { type: 'text', text: 'MAIL {"id":"m2"}' }] },
  );
  expect(textIn(await client.messages.create(ask(messages)))).toBe('{"n":3},{"n":3} m1,m2');
});

test('A call that was interrupted reaches the script as an error', async () => {
  const client = await open();
  const start: Anthropic.MessageParam = { role: 'user', content: 'Count!' };
  const first = await client.messages.create(ask([start]));
  const results = answer(first).map((result) => ({ ...result, is_error: true, content: 'interrupted' }));
  results[0] = { ...results[0], content: '{"n":1}', is_error: false } as (typeof results)[0];
  const second = await client.messages.create(
    ask([start, { role: 'assistant', content: first.content }, { role: 'user', content: results }]),
  );
  expect(textIn(second)).toBe('I found 1 sheep and an error.');
});

test('A script that throws, or calls a tool that is not there, is refused by name and not retried', async () => {
  const client = await open(
    defineRehearsal({
      title: 'Broken',
      *lead() {},
      *teammate(_, start) {
        if (start.said === 'throw') throw new Error('the script has a bug');
        yield call('fly');
      },
    }),
  );
  await expect(client.messages.create(ask([{ role: 'user', content: 'throw' }]))).rejects.toThrow(
    /^400 .*part of ada failed at its message 1: the script has a bug/,
  );
  await expect(client.messages.create(ask([{ role: 'user', content: 'go' }]))).rejects.toThrow(
    /^400 .*calls the tool fly, but the agent offers count/,
  );
});

test('Random numbers are the same each time, and differ between agents and seeds', async () => {
  const dice = defineRehearsal({
    title: 'Dice',
    *lead() {},
    *teammate(agent) {
      yield say(`${agent.random()} ${agent.random()}`);
    },
  });
  const roll = async (name: string, seed: number) => {
    const client = await clientOf(rehearsalUpstream(dice, { ...CONTEXT, seed }), { ...ADA, name });
    return textIn(await client.messages.create(ask([{ role: 'user', content: 'Roll' }])));
  };
  const rolls = await Promise.all([roll('ada', 1), roll('ada', 1), roll('ben', 1), roll('ada', 2)]);
  expect(rolls[0]).toBe(rolls[1]);
  expect(new Set(rolls).size).toBe(3);
});

test('Tokens are counted, and with cache control what was sent before counts as read', async () => {
  const client = await open();
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Count! '.repeat(100) }];
  const counted = await client.messages.countTokens({ model: 'any-model', messages, tools: TOOLS });
  expect(counted.input_tokens).toBeGreaterThan(150);
  expect(counted.input_tokens).toBeLessThan(350);

  const cached = (list: Anthropic.MessageParam[]) => ({
    ...ask(list),
    cache_control: { type: 'ephemeral' as const },
  });
  const first = await client.messages.create(cached(messages));
  expect(first.usage).toMatchObject({ cache_read_input_tokens: 0 });
  expect(first.usage.cache_creation_input_tokens).toBeGreaterThan(150);
  messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: answer(first) });
  const second = await client.messages.create(cached(messages));
  expect(second.usage.cache_read_input_tokens).toBeGreaterThan(150);
  expect(second.usage.output_tokens).toBeGreaterThan(0);
});

function answer(message: Anthropic.Message): Anthropic.ToolResultBlockParam[] {
  return message.content.flatMap((block) =>
    block.type === 'tool_use' ? { type: 'tool_result', tool_use_id: block.id, content: '{"n":3}' } : [],
  );
}

function textIn(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}
