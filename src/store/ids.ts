import { randomBytes } from 'node:crypto';

let factory: Promise<() => string> | undefined;

/**
 * Loads the maker of ids: ULIDs that rise within this process (https://github.com/ulid/spec).
 * Loaded when something is written, because the import costs 15 ms and readers need none.
 */
export function loadIds(): Promise<() => string> {
  factory ??= import('ulid').then(({ monotonicFactory }) => {
    const next = monotonicFactory(createRandom());
    return () => next();
  });
  return factory;
}

const POOL_BYTES = 1024;

/** Numbers from 0 to below 1, of 256 that are equally likely: ulid draws each of its 16 characters, of 32 kinds, by itself, and asked of the kernel that costs 50 µs an id. */
function createRandom(): () => number {
  let pool = randomBytes(POOL_BYTES);
  let at = 0;
  return () => {
    if (at === pool.length) {
      pool = randomBytes(POOL_BYTES);
      at = 0;
    }
    return (pool[at++] as number) / 256; // within the pool
  };
}
