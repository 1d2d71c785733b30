/** Keeps who guesses waiting: each address for itself, so that nobody shuts others out. */
export interface Attempts {
  /** How long the address has to wait before it may try again, in milliseconds; 0: not at all. */
  waitMs(address: string): number;
  failed(address: string): void;
  passed(address: string): void;
}

/** Failures that cost nothing: slips of the finger. */
const FREE = 5;
const FIRST_MS = 1_000;
const LONGEST_MS = 10 * 60_000;
/** How long an address is remembered after its last failure, in milliseconds. */
const FORGET_MS = 3600_000;
const ADDRESSES_MAX = 4_096;

/** Of failures after the first five each doubles the wait: 1 s, 2 s, 4 s … 10 min. */
export function createAttempts(clock: () => number = Date.now): Attempts {
  const known = new Map<string, { failures: number; last: number }>();
  const find = (address: string) => {
    const found = known.get(address);
    return found === undefined || clock() - found.last > FORGET_MS ? undefined : found;
  };
  return {
    waitMs: (address) => {
      const found = find(address);
      if (found === undefined || found.failures < FREE) return 0;
      const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** (found.failures - FREE));
      return Math.max(0, found.last + wait - clock());
    },
    failed: (address) => {
      const failures = (find(address)?.failures ?? 0) + 1;
      known.delete(address); // the newest stand last
      known.set(address, { failures, last: clock() });
      const oldest = known.keys().next().value;
      if (known.size > ADDRESSES_MAX && oldest !== undefined) known.delete(oldest);
    },
    passed: (address) => void known.delete(address),
  };
}
