import type { JsonRecord, Parsed, RecordHead } from '../../../src/store/record.ts';

export interface Note extends RecordHead {
  text: string;
}

let made = 0;

/** A record for tests of the journal alone. */
export function note(text: string, by = 'ann'): Note {
  made++;
  return {
    ...{ v: 1, id: `id-${process.pid}-${made}`, type: 'note', by, incarnation: 1 },
    ...{ at: '2026-01-01T00:00:00.000Z', text },
  };
}

export function parseNote(record: JsonRecord): Parsed<Note> {
  return typeof record.text === 'string'
    ? { record: record as JsonRecord & Note } // just checked
    : { malformed: 'no text' };
}
