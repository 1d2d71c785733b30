import { CoworkError } from '../protocol/errors.ts';

/** Most messages that a sender may send at once, and what it gets back each second. */
export const RATE_BURST = 120;
export const RATE_PER_SECOND = 1;

/** How much one sender may send. */
export interface Rate {
  /** Takes so many messages off; each recipient of a broadcast counts. Throws RATE_LIMITED, and then takes none. */
  take(messages: number): void;
}

/** Makes the allowance of one sender; `now` is in milliseconds and never goes back. */
export function createRate(now: () => number = () => performance.now()): Rate {
  let left = RATE_BURST;
  let at = now();
  return {
    take: (messages) => {
      left = Math.min(RATE_BURST, left + ((now() - at) / 1000) * RATE_PER_SECOND);
      at = now();
      if (messages <= left) {
        left -= messages;
        return;
      }
      const wait = Math.ceil((Math.min(messages, RATE_BURST) - left) / RATE_PER_SECOND);
      throw new CoworkError('RATE_LIMITED', `That is too much mail at once. Not sent; go on in ${wait} s.`);
    },
  };
}
