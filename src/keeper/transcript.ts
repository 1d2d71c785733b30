import { existsSync, readFileSync, statSync } from 'node:fs';
import type { TranscriptEntry } from '../protocol/gate.ts';
import { TranscriptEntryShape } from '../protocol/gate-requests.ts';
import { loadIds } from '../store/ids.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { openJournalReader, type Place } from '../store/journal-reader.ts';
import {
  type JsonRecord,
  type Parsed,
  parseRecord,
  RECORD_VERSION,
  type RecordHead,
} from '../store/record.ts';

/** Everything that was said to an agent's model and by it: append-only, and all that a new incarnation needs. */
export interface Transcript {
  readonly exists: boolean;
  append(entries: readonly TranscriptEntry[]): Promise<void>;
  /** From the last summary on, which stands for all in front of it. */
  read(): TranscriptEntry[];
}

/** Opens the transcript in `file`; the writer is `agent` in its life `incarnation`. */
export function openTranscript(file: string, agent: string, incarnation: number): Transcript {
  let journal: Journal | undefined;
  return {
    exists: existsSync(file),
    append: async (entries) => {
      const ids = await loadIds();
      journal ??= openJournal(file);
      for (const entry of entries) {
        const record: RecordHead & { entry: TranscriptEntry } = {
          v: RECORD_VERSION,
          id: ids(),
          type: entry.type,
          by: agent,
          incarnation,
          at: new Date().toISOString(),
          entry,
        };
        journal.write(record);
      }
      await journal.settle();
    },
    read: () => {
      const parse = (record: JsonRecord): Parsed<TranscriptEntry> => {
        const parsed = TranscriptEntryShape.safeParse(record.entry);
        return parsed.success ? { record: parsed.data } : { malformed: 'no entry of a transcript' };
      };
      return openJournalReader(file, parse, lastSummary(file)).read().records;
    },
  };
}

/** Where the last summary begins: a long transcript is not read for what a short one comes to. */
function lastSummary(file: string): Place | undefined {
  const inode = statSync(file, { throwIfNoEntry: false })?.ino;
  if (inode === undefined) return undefined;
  const bytes = readFileSync(file);
  for (let at = bytes.lastIndexOf(SUMMARY); at > 0; at = bytes.lastIndexOf(SUMMARY, at - 1)) {
    const offset = bytes.lastIndexOf('\n', at) + 1;
    const end = bytes.indexOf('\n', at);
    const parsed = parseRecord(bytes.toString('utf8', offset, end === -1 ? bytes.length : end));
    // The same words may stand in the input of a call.
    if ('record' in parsed && isSummary(parsed.record.entry)) return { inode, offset };
  }
  return undefined;
}

const SUMMARY = '"type":"compacted"';
const isSummary = (entry: unknown): boolean => {
  const parsed = TranscriptEntryShape.safeParse(entry);
  return parsed.success && parsed.data.type === 'compacted';
};
