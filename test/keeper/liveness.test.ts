import { expect, test } from 'vitest';
import { watchLiveness } from '../../src/keeper/liveness.ts';
import { eventually } from '../support/eventually.ts';

/** Watches somebody who answers or not as the test says. */
function watched(isPaused: () => boolean = () => false) {
  const seen: string[] = [];
  let answer: (() => void) | undefined;
  const over = new AbortController();
  const state = { isSilent: false, pings: 0 };
  watchLiveness({
    ping: () => {
      state.pings++;
      if (!state.isSilent) return Promise.resolve();
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    isPaused,
    silenceMs: 80,
    onWedged: () => seen.push('wedged'),
    onBack: () => seen.push('back'),
    onLost: () => seen.push('lost'),
    signal: over.signal,
  });
  return { seen, state, answer: () => answer?.(), [Symbol.dispose]: () => over.abort() };
}

test('who answers is never taken for wedged, and is asked again and again', async () => {
  using one = watched();
  await eventually('20 questions', () => one.state.pings >= 20);
  expect(one.seen).toEqual([]);
});

test('who is silent is wedged once, then lost once', async () => {
  using one = watched();
  one.state.isSilent = true;
  await eventually('the loss', () => one.seen.includes('lost'));
  expect(one.seen).toEqual(['wedged', 'lost']);
});

test('who answers late is back', async () => {
  using one = watched();
  one.state.isSilent = true;
  await eventually('the silence', () => one.seen.includes('wedged'));
  one.state.isSilent = false;
  one.answer();
  await eventually('the return', () => one.seen.includes('back'));
  const asked = one.state.pings;
  await eventually('more questions', () => one.state.pings > asked + 8);
  expect(one.seen).toEqual(['wedged', 'back']);
});

test('who is paused on purpose is not asked, and is not wedged', async () => {
  let looks = 0;
  using one = watched(() => ++looks > 0);
  await eventually('30 looks', () => looks >= 30);
  expect({ seen: one.seen, pings: one.state.pings }).toEqual({ seen: [], pings: 0 });
});
