import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { createBrake } from '../../../src/extensions/servers/brake.ts';

/** A test plays the server. */
function play() {
  let time = 0;
  let isEnded = false;
  const storms: string[] = [];
  const taken: string[] = [];
  const isTaken = createBrake({
    onStorm: (what) => storms.push(what),
    onEnd: () => {
      isEnded = true;
    },
    now: () => time,
  });
  const say = (message: { method?: string; [field: string]: unknown }, count = 1): void => {
    for (let i = 0; i < count; i++)
      if (isTaken({ jsonrpc: '2.0', ...message } as JSONRPCMessage)) taken.push(message.method ?? 'answer');
  };
  const countOf = (method: string) => taken.filter((each) => each === method).length;
  return { say, countOf, storms, wait: (ms: number) => (time += ms), isEnded: () => isEnded };
}

test('a server that asks without end is answered at its pace, is told of once, and is closed when it does not stop', () => {
  const { say, countOf, storms, wait, isEnded } = play();
  say({ id: 1, method: 'ping' }, 200);
  expect(storms).toEqual([]);
  say({ id: 1, method: 'sampling/createMessage' }, 1_000);
  expect([countOf('ping'), countOf('sampling/createMessage')]).toEqual([200, 0]);
  wait(2_000);
  say({ id: 1, method: 'elicitation/create' }, 1_000);
  expect(countOf('elicitation/create')).toBe(40);
  expect(storms).toEqual(['it asks without end; not all is answered']);
  say({ id: 7, result: {} }, 500);
  expect(countOf('answer')).toBe(500);
  say({ method: 'notifications/progress' });
  expect(countOf('notifications/progress')).toBe(1);
  expect(isEnded()).toBe(false);
  say({ id: 1, method: 'ping' }, 20_000);
  expect(isEnded()).toBe(true);
  expect(storms).toHaveLength(1);
});

test('news without end are heard at their pace, and hold up neither questions nor answers', () => {
  const { say, countOf, storms, wait } = play();
  say({ method: 'notifications/tools/list_changed' }, 5_000);
  expect(countOf('notifications/tools/list_changed')).toBe(2_000);
  expect(storms).toEqual(['it tells news without end; not all is heard']);
  say({ id: 1, method: 'ping' });
  expect(countOf('ping')).toBe(1);
  wait(60_000);
  say({ method: 'notifications/tools/list_changed' }, 5_000);
  expect(countOf('notifications/tools/list_changed')).toBe(4_000);
});
