import { setTimeout as delay } from 'node:timers/promises';

/** Requests a second that a guest may make for long, and how many may come at once before that counts. */
const PER_SECOND = 200;
const BURST = 1_000;

/**
 * Makes what every request of one wire waits for: nothing as a rule, its turn when a guest floods the gate. The number of
 * streams is bounded, so waiting slows the guest and costs the keeper nothing.
 */
export function createPace(now: () => number = () => performance.now()): () => Promise<void> {
  const interval = 1000 / PER_SECOND;
  let free = now();
  return async () => {
    free = Math.max(free, now() - BURST * interval) + interval;
    const wait = free - now();
    if (wait > 0) await delay(wait);
  };
}
