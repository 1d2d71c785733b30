import { setTimeout as delay } from 'node:timers/promises';

export interface PaceOptions {
  /** Requests a second that may come for long. */
  perSecond: number;
  /** How many may come at once before that counts. */
  burst: number;
}

/** What one wire may ask of its gate. */
const GATE_PACE: PaceOptions = { perSecond: 200, burst: 1_000 };

/**
 * Makes what every request of one wire waits for: nothing as a rule, its turn when a guest floods the gate. The number of
 * streams is bounded, so waiting slows the guest and costs the keeper nothing. Who is gone waits no longer.
 */
export function createPace(
  { perSecond, burst }: PaceOptions = GATE_PACE,
  now: () => number = () => performance.now(),
): (signal?: AbortSignal) => Promise<void> {
  const interval = 1000 / perSecond;
  let free = now() - burst * interval;
  return async (signal) => {
    free = Math.max(free, now() - burst * interval) + interval;
    const wait = free - now();
    if (wait > 0) await delay(wait, undefined, signal && { signal }).catch(() => {});
  };
}
