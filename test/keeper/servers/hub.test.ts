import { expect, test } from 'vitest';
import { createHub } from '../../../src/keeper/servers/hub.ts';

test('a resource that changed is told with the next answer, once, and wakes nobody', async () => {
  const pushed: unknown[] = [];
  const hub = createHub({
    servers: () => [],
    agent: () => ({}),
    contextTokens: 200_000,
    channel: {
      push: async (event) => {
        pushed.push(event);
      },
    },
  });
  for (let i = 0; i < 3; i++) hub.updated('docs', 'demo://a');
  for (let i = 0; i < 1_000; i++) hub.updated('storm', `demo://${i}`);
  const look = () => hub.call('list_mcp_resources', {}, AbortSignal.timeout(60_000));
  const { content } = await look();
  expect(content.map((block) => (block.type === 'text' ? block.text : ''))).toEqual([
    'There are none.',
    expect.stringMatching(/^\[changed since you read it: docs {2}demo:\/\/a, storm {2}demo:\/\/0, /),
  ]);
  expect(JSON.stringify(content).split('demo://')).toHaveLength(51);
  expect((await look()).content).toHaveLength(1);
  expect(pushed).toEqual([]);
});
