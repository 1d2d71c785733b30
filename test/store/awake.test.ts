import { expect, test } from 'vitest';
import { createAwakeClock } from '../../src/store/awake.ts';
import { eventually } from '../support/eventually.ts';

const HOUR = 3_600_000;

function clockAt(start: number) {
  const state = { time: start };
  const slept: number[] = [];
  const clock = createAwakeClock(() => state.time);
  clock.onSleep((ms) => slept.push(ms));
  return { state, slept, clock, [Symbol.dispose]: () => clock[Symbol.dispose]() };
}

test('time that goes by in small steps is counted, and nobody is told of it', () => {
  using one = clockAt(1_000_000);
  for (let i = 0; i < 100; i++) {
    one.state.time += 500;
    one.clock.look();
  }
  expect(one.clock.now()).toBe(50_000);
  expect(one.slept).toEqual([]);
});

test('a night of eight hours is told once, and gave nobody more than a moment', () => {
  using one = clockAt(0);
  one.state.time += 8 * HOUR;
  expect(one.clock.now()).toBeLessThanOrEqual(5_000);
  expect(one.clock.now()).toBeLessThanOrEqual(5_000);
  expect(one.slept).toEqual([8 * HOUR]);
});

test('a clock that goes back takes nothing away', () => {
  using one = clockAt(10 * HOUR);
  one.state.time += 1_000;
  expect(one.clock.now()).toBe(1_000);
  one.state.time -= 9 * HOUR;
  expect(one.clock.now()).toBe(1_000);
  one.state.time += 1_000;
  expect(one.clock.now()).toBe(2_000);
  expect(one.slept).toEqual([]);
});

test('by itself it goes on with the time since the boot', async () => {
  using clock = createAwakeClock();
  const before = clock.now();
  await eventually('time to go by', () => clock.now() > before);
});
