import { readFileSync } from 'node:fs';

/** A clock that stands still while this process does, whatever other clocks say. */
export interface AwakeClock extends Disposable {
  /** Milliseconds for which this process was awake. */
  now(): number;
  /** Called after each sleep with how long it was, in milliseconds. */
  onSleep(listener: (ms: number) => void): void;
  /** Looks now; it does so by itself all the time. */
  look(): void;
}

/** How often is looked, and what is counted at most between two looks: a busy machine is late by seconds, not by more. */
const LOOK_MS = 500;
const COUNTED_MS = 5_000;
/** From what gap on others are told. */
const SLEEP_MS = 30_000;

/**
 * Starts a clock for how long somebody has had to do something. A process that was stopped, and a machine that was suspended for the night, were given no time, so
 * nobody is late because of it. The clock on the wall is not asked: it may be set. `since` gives milliseconds since some moment, time of sleep included.
 */
export function createAwakeClock(since: () => number = sinceBoot): AwakeClock {
  const listeners: ((ms: number) => void)[] = [];
  let last = since();
  let awake = 0;
  const look = (): void => {
    const now = since();
    const gap = now - last;
    last = now;
    awake += Math.min(Math.max(gap, 0), COUNTED_MS);
    if (gap >= SLEEP_MS) for (const listener of listeners) listener(gap);
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return {
    now: () => {
      look();
      return awake;
    },
    onSleep: (listener) => void listeners.push(listener),
    look,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Time since the boot with that of sleep, in which `performance.now()` stands still. Source: proc_uptime(5), CLOCK_BOOTTIME. */
function sinceBoot(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000;
}
