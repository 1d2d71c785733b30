import { expect, it } from 'vitest';
import { threadOf } from '../../src/web/client/thread.ts';
import type { TimelineItem } from '../../src/web/shapes.ts';

const letter = (
  id: string,
  replyTo: string | null = null,
  broadcastId: string | null = null,
): TimelineItem => ({
  ...{ key: `m${id}`, at: '2026-01-01T00:00:00.000Z', kind: 'message', who: 'ada', text: id },
  message: { id, kind: 'message', priority: 'steer', replyTo, broadcastId },
});

it('a conversation is what answers each other, up and down, and nothing beside it', () => {
  const task: TimelineItem = {
    key: 't1.0',
    at: '2026-01-01T00:00:00.000Z',
    kind: 'task',
    who: 'ada',
    text: 't1',
  };
  const items = [
    letter('a'),
    letter('b', 'a'),
    task,
    letter('c'),
    letter('d', 'b'),
    letter('e', 'a'),
    letter('f', 'c'),
  ];
  const ids = (id: string) => threadOf(items, id).map(({ text }) => text);
  for (const id of ['a', 'b', 'd', 'e']) expect(ids(id)).toEqual(['a', 'b', 'd', 'e']);
  expect(ids('f')).toEqual(['c', 'f']);
  expect(ids('nothing')).toEqual([]);
});

it('answers to a broadcast belong together', () => {
  const items = [letter('x', null, 'all'), letter('y', 'all'), letter('z', 'x')];
  expect(threadOf(items, 'z')).toHaveLength(3);
});
