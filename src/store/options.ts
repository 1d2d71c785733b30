/** A record that is not what the format allows, found by a reader. */
export interface Malformed {
  /** Path of the journal. */
  file: string;
  /** Where the record begins, in bytes from the start of the file. */
  offset: number;
  /** Why it does not count, one line. */
  reason: string;
}

/** What a test or a bench may bend. */
export interface StoreOptions {
  /** Milliseconds since 1970. Times are for people: nothing in the store decides by them. */
  clock?: () => number;
  /** Makes ids; the default makes ULIDs that rise within a process. */
  ids?: () => string;
  /** Whether an append is on the disk before it is acknowledged; true unless it is said. */
  durable?: boolean;
  /** Told once of each malformed record, by the owner of the file only. */
  onMalformed?: (malformed: Malformed) => void;
}

/** The default of `onMalformed`: a warning of the process, so that it never goes unsaid. */
export function warnOfMalformed(what: Malformed): void {
  process.emitWarning(sayMalformed(what), { code: 'COWORK_MALFORMED_RECORD' });
}

/** One line for people. */
export function sayMalformed({ file, offset, reason }: Malformed): string {
  return `Set aside a malformed record at ${offset} of ${file}: ${reason}`;
}
