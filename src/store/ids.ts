let factory: Promise<() => string> | undefined;

/**
 * Loads the maker of ids: ULIDs that rise within this process (https://github.com/ulid/spec).
 * Loaded when something is written, because the import costs 15 ms and readers need none.
 */
export function loadIds(): Promise<() => string> {
  factory ??= import('ulid').then(({ monotonicFactory }) => {
    const next = monotonicFactory();
    return () => next();
  });
  return factory;
}
