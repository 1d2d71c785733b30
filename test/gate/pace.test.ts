import { expect, test } from 'vitest';
import { createPace } from '../../src/gate/pace.ts';

test('what comes at once within the burst does not wait, and what follows waits for its turn', async () => {
  let now = 0;
  const waited: string[] = [];
  const pace = createPace({ perSecond: 1_000, burst: 5 }, () => now);
  for (let i = 0; i < 5; i++) await pace().then(() => waited.push('at once'));
  const sixth = pace().then(() => waited.push('later'));
  await Promise.resolve();
  expect(waited).toEqual(Array.from({ length: 5 }, () => 'at once'));
  await sixth;
  now = 1_000;
  const start = waited.length;
  for (let i = 0; i < 5; i++) void pace().then(() => waited.push('rested'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(waited.slice(start)).toEqual(Array.from({ length: 5 }, () => 'rested'));
});

test('who is gone waits no longer', async () => {
  const pace = createPace({ perSecond: 0.001, burst: 1 }, () => 0);
  await pace();
  const gone = new AbortController();
  const waiting = pace(gone.signal);
  gone.abort();
  await waiting;
});
