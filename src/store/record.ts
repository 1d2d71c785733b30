/** Format that records are written in: the oldest one that their reader must know. */
export const RECORD_VERSION = 1;

/** Formats that are read: 1 since the beginning; 2 is `sealed`, without which a log would be misread. */
const KNOWN_VERSIONS: readonly unknown[] = [1, 2];

/** Largest record in bytes; what is longer was not written by cowork. */
export const RECORD_MAX_BYTES = 1024 * 1024;

/** The fields that every record of every journal has. */
export interface RecordHead {
  v: 1 | 2;
  /** ULID. */
  id: string;
  type: string;
  /** An agent's name, `user` or `team`. */
  by: string;
  /** Which life of the writer wrote it, from 1; 0 for `user` and `team`. */
  incarnation: number;
  /** ISO 8601 with milliseconds, UTC; for people only. */
  at: string;
}

/** A record whose head was checked and whose body was not. */
export type JsonRecord = RecordHead & { [field: string]: unknown };

/** A record that was read, or why it does not count. */
export type Parsed<R> = { record: R } | { malformed: string };

/**
 * Writes a record as bytes: a newline, the object, a newline.
 *
 * The newline in front ends whatever a writer that died left behind, so that a torn record never swallows the next
 * one; the newline behind spares a record from a foreign writer that forgets the one in front.
 */
export function encodeRecord(record: RecordHead): Buffer {
  return Buffer.from(`\n${JSON.stringify(record)}\n`, 'utf8');
}

/**
 * Reads the line of one record and checks its head.
 *
 * Written by hand and not with zod: this runs for each record of an inbox of 100,000, in commands that must start in
 * 150 ms, and every process must come to the same verdict on the same bytes, because places are counted by it.
 */
export function parseRecord(line: string): Parsed<JsonRecord> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { malformed: `not JSON: ${(error as SyntaxError).message}` }; // JSON.parse throws nothing else
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { malformed: 'not an object' };
  const record = value as JsonRecord; // the checks that follow make it true
  if (!KNOWN_VERSIONS.includes(record.v)) {
    return {
      malformed: `version ${JSON.stringify(record.v)} is not known: a newer cowork may have written it`,
    };
  }
  for (const field of ['id', 'type', 'by', 'at'] as const) {
    if (!isText(record[field]) || record[field] === '') return { malformed: `${field} is not a text` };
  }
  if (!isCount(record.incarnation)) return { malformed: 'incarnation is not a whole number from 0' };
  return { record };
}

export const isText = (value: unknown): value is string => typeof value === 'string';

export const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);

export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
