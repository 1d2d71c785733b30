import { existsSync } from 'node:fs';
import type { TranscriptEntry } from '../protocol/gate.ts';
import { TranscriptEntryShape } from '../protocol/gate-requests.ts';
import { loadIds } from '../store/ids.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { RECORD_VERSION, type RecordHead } from '../store/record.ts';

/** Everything that was said to an agent's model and by it: append-only, and all that a new incarnation needs. */
export interface Transcript {
  readonly exists: boolean;
  append(entries: readonly TranscriptEntry[]): Promise<void>;
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
      const reader = openJournalReader(file, (record) => {
        const parsed = TranscriptEntryShape.safeParse(record.entry);
        return parsed.success ? { record: parsed.data } : { malformed: 'no entry of a transcript' };
      });
      return reader.read().records;
    },
  };
}
