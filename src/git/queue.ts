import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { isText, type JsonRecord, type Parsed, RECORD_VERSION, type RecordHead } from '../store/record.ts';
import { queueFile } from './places.ts';

/** How a check ended. */
export interface CheckEnd {
  /** Exit code of the team's command; null when it was ended. */
  code: number | null;
  /** Why there is no exit code; empty when there is one. */
  why: string;
  /** The end of what it said. */
  tail: string;
}

/** One record of the queue's journal; only the supervisor writes it. */
export type QueueFact =
  /** A branch was found at a new commit; `entry` is the place in the queue. */
  | { type: 'pushed'; entry: string; agent: string; commit: string }
  /** `commit` is what the branch would be at: `tip` with the push in it. */
  | ({ type: 'checked'; entry: string; tip: string; commit: string } & CheckEnd)
  | { type: 'landed'; entry: string; commit: string }
  | { type: 'returned'; entry: string; why: 'conflict' | 'check'; task: string }
  | { type: 'dropped'; entry: string; why: string }
  /** The user's repository has the result up to here; or why it has not. */
  | { type: 'published'; commit: string; obstacle: string | null };

type QueueRecord = RecordHead & QueueFact;

/** A push, and how far it has come. */
export interface QueueEntry {
  id: string;
  agent: string;
  commit: string;
  /** When it was found; ISO 8601. */
  at: string;
  state: 'waiting' | 'landed' | 'returned' | 'dropped';
  /** In words, for people: what came of it. */
  outcome: string;
  /** The last check of it, when there was one. */
  check: (CheckEnd & { tip: string; commit: string }) | null;
}

/** The queue as its journal tells it. */
export interface Queue {
  /** In their order. */
  entries: QueueEntry[];
  published: { commit: string; obstacle: string | null } | null;
}

/** Reads the queue of one repository; changes nothing. */
export function readQueue(dir: string, grant: string): Queue {
  const queue: Queue = { entries: [], published: null };
  const byId = new Map<string, QueueEntry>();
  for (const record of readQueueRecords(dir, grant)) apply(queue, byId, record);
  return queue;
}

/** All that is in the journal, for the line of time. */
export const readQueueRecords = (dir: string, grant: string): QueueRecord[] =>
  openJournalReader(queueFile(dir, grant), parse).read().records;

/** Writes to the journal; it is on the disk when this resolves. */
export async function noteInQueue(dir: string, grant: string, fact: QueueFact): Promise<void> {
  const ids = await loadIds();
  const at = new Date().toISOString();
  const head = { v: RECORD_VERSION, id: ids(), by: 'team', incarnation: 0, at } as const;
  await openJournal(queueFile(dir, grant)).append({ ...head, ...fact });
}

export const isWaiting = ({ state }: QueueEntry): boolean => state === 'waiting';

function apply(queue: Queue, byId: Map<string, QueueEntry>, record: QueueRecord): void {
  if (record.type === 'published') {
    queue.published = { commit: record.commit, obstacle: record.obstacle };
    return;
  }
  if (record.type === 'pushed') {
    const { entry: id, agent, commit, at } = record;
    const entry: QueueEntry = { id, agent, commit, at, state: 'waiting', outcome: '', check: null };
    byId.set(id, entry);
    queue.entries.push(entry);
    return;
  }
  const entry = byId.get(record.entry);
  if (entry === undefined) return;
  if (record.type === 'checked') {
    const { tip, commit, code, why, tail } = record;
    entry.check = { tip, commit, code, why, tail };
  } else {
    entry.state = record.type;
    entry.outcome = outcomeOf(record);
  }
}

/** One record in words, for people. */
export function sayFact(fact: QueueFact): string {
  if (fact.type === 'pushed') return `${fact.entry} pushed ${short(fact.commit)}`;
  if (fact.type === 'checked') {
    return `${fact.entry} checked as ${short(fact.commit)}: ${fact.code === null ? fact.why : `exit code ${fact.code}`}`;
  }
  if (fact.type === 'published') {
    return fact.obstacle === null
      ? `${short(fact.commit)} is in your repository`
      : `not published: ${fact.obstacle}`;
  }
  return `${fact.entry} ${fact.type}: ${outcomeOf(fact)}`;
}

/** What became of a push, in words. */
function outcomeOf(record: QueueFact & { type: 'landed' | 'returned' | 'dropped' }): string {
  if (record.type === 'landed') return `the branch is at ${short(record.commit)}`;
  if (record.type === 'dropped') return record.why;
  return `${record.why === 'conflict' ? 'it conflicts' : 'the check failed'}, see ${record.task}`;
}

/** A commit as people read it. */
export const short = (commit: string): string => commit.slice(0, 10);

const TYPES = ['pushed', 'checked', 'landed', 'returned', 'dropped', 'published'];

/** Written by `noteInQueue` alone: enough to see that it is one of its kinds. */
function parse(record: JsonRecord): Parsed<QueueRecord> {
  const isKnown = TYPES.includes(record.type) && (isText(record.entry) || record.type === 'published');
  if (!isKnown) return { malformed: `not a record of a queue: ${record.type}` };
  return { record: record as JsonRecord & QueueRecord };
}
