import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Fault, type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

// Teams of a lead alone on a server that takes nothing that the Messages API refuses. They run at once: each mostly waits.

const ALONE = ['--teammates', '0'];
const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.' }]] };

test.concurrent('whatever a reply is, its calls are answered in their order, and the server takes the conversation', async ({
  onTestFinished,
}) => {
  const one: Said['calls'] = [['bash', { command: 'true' }]];
  const replies: Said[] = [
    {
      text: 'All at once.',
      calls: [
        ['bash', { command: 'echo slow; sleep 0.3' }],
        ['read', { file_path: 'nowhere.txt' }],
        ['task_list', {}],
        ['no_such_tool', { x: 1 }],
      ],
    },
    { thinking: 'Let me see: ✓', text: 'I see.', calls: [['task_list', {}]] },
    { text: 'Too long', calls: one, stop: 'max_tokens' },
    { text: 'Too long again', stop: 'max_tokens' },
    { text: 'No.', calls: one, stop: 'refusal' },
    finish,
  ];
  const server = await serveStrictly(({ number }) => replies[number - 1] ?? finish, onTestFinished);
  const { status } = await toItsEnd(await launchOn(server, ALONE, onTestFinished));
  expect(server.refused).toEqual([]);
  expect(status).toMatchObject({ state: 'done', summary: 'Done.' });
  const content = server.asked[1]?.body.messages.at(-1)?.content ?? [];
  const results = typeof content === 'string' ? [] : content.filter(({ type }) => type === 'tool_result');
  expect(results.map(({ is_error }) => is_error === true)).toEqual([false, true, false, true]);
  expect(JSON.stringify(results[0])).toContain('slow');
  expect(JSON.stringify(results[3])).toContain('There is no tool no_such_tool');
  expect(server.asked[3]?.last).toContain('Not run: the reply reached its length limit');
  expect(server.asked[4]?.last).toContain('Go on where it was cut');
  expect(server.asked[5]?.last).toContain('Not run: the model refused');
});

test.concurrent('a server that fails in every way is asked again, with a conversation that keeps the rules', async ({
  onTestFinished,
}) => {
  const faults: Fault[] = [
    { after: 9, how: 'cut' },
    { after: 5, how: 'nonsense' },
    { after: 6, how: 'error event' },
    { status: 529, retryAfterMs: 20 },
    { status: 500, retryAfterMs: 20 },
    { status: 429, retryAfter: '1' },
  ];
  const server = await serveStrictly(({ number }) => {
    const said: Said = { text: `I look, ${number}.`, calls: [['bash', { command: `echo ${number}` }]] };
    const fault = number % 2 === 0 ? faults[number / 2 - 1] : undefined;
    if (number > 2 * faults.length) return finish;
    return fault === undefined ? said : { ...said, fault };
  }, onTestFinished);
  const { status } = await toItsEnd(await launchOn(server, ALONE, onTestFinished));
  expect(server.refused).toEqual([]);
  expect(status).toMatchObject({ state: 'done', summary: 'Done.' });
  expect(server.asked).toHaveLength(13);
  // The second of the server's own word, waited out.
  expect((server.asked[12]?.at ?? 0) - (server.asked[11]?.at ?? 0)).toBeGreaterThan(950);
  expect(server.asked[2]?.last).toContain('The model server cut your answer off');
});

test.concurrent('an interrupt in the middle of a tool leaves a conversation that the server takes', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number }) => {
    if (number > 1) return finish;
    return {
      text: 'I wait.',
      calls: [
        ['bash', { command: 'sleep 60' }],
        ['bash', { command: 'echo never' }],
      ],
    };
  }, onTestFinished);
  const team = await launchOn(server, ALONE, onTestFinished);
  await eventually('the command to run', () =>
    team.processes().some(({ command }) => command === 'sleep 60'),
  );
  await team.send('lead', 'Stop that', 'interrupt');
  const { status } = await toItsEnd(team);
  expect(server.refused).toEqual([]);
  expect(status.state).toBe('done');
  expect(server.asked[1]?.last).toMatch(/cut off[\s\S]*Not run: the turn was interrupted[\s\S]*Stop that/);
});

test.concurrent('after the third reply at least 90 % of what goes in is read from the prompt cache', async ({
  onTestFinished,
}) => {
  const look = (i: number): Said => ({
    text: `Step ${i}.`,
    calls: [
      ['bash', { command: `echo step ${i}` }],
      ['task_list', {}],
    ],
  });
  const server = await serveStrictly(({ number }) => (number < 14 ? look(number) : finish), onTestFinished);
  const { status } = await toItsEnd(await launchOn(server, ALONE, onTestFinished));
  expect(status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const after = server.asked.slice(3).map(({ usage }) => usage);
  const read = after.reduce((sum, usage) => sum + usage.cache_read_input_tokens, 0);
  const all = after.reduce((sum, usage) => sum + Object.values(usage).reduce((a, b) => a + b, 0), 0);
  expect(read / all).toBeGreaterThan(0.9);
  // No request after the second begins anew.
  for (const usage of after)
    expect(usage.cache_read_input_tokens).toBeGreaterThan(usage.cache_creation_input_tokens);
  expect(status.agents[0].tokens.cacheRead).toBe(
    server.asked.reduce((sum, { usage }) => sum + usage.cache_read_input_tokens, 0),
  );
});
