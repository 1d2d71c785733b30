import type { Message } from '../protocol/message.ts';
import { openJournalReader, type Place, type Tail } from '../store/journal-reader.ts';
import { type Marks, type ReadMark, readMarks, stateAt } from './marks.ts';
import { cursorFile, inboxFile } from './paths.ts';
import { type InboxRecord, type MessageRecord, parseInboxRecord } from './records.ts';

/** A message with its place, before its state is looked up. */
export interface Placed {
  seq: number;
  record: MessageRecord;
}

/** What a look at an inbox brought. */
export interface Look {
  /** New messages that count: without repeats of a key. */
  messages: Placed[];
  malformed: Tail<InboxRecord>['malformed'];
  /** Whether the file is another one than before, and `messages` begins anew. */
  isReset: boolean;
}

/** One process's view of one inbox, kept up by reading what is new. */
export interface InboxView {
  readonly agent: string;
  refresh(): Look;
  /** How many places are taken. */
  count(): number;
  /** The first message that a sender wrote with a key, if one did. */
  withKey(from: string, key: string): Placed | undefined;
  /** Places that hold a repeat of a key, and so no message. */
  repeats(): readonly number[];
  show(placed: Placed, marks: Marks): Message;
  readMarks(): Marks;
  place(): Place | undefined;
}

/**
 * Opens a view of an agent's inbox. Every process that reads the same bytes gives every message the same place: the
 * number of whole message records up to it. A repeat of a key takes a place but is never shown.
 * With `from`, what is in front of that place is counted and not known: enough for who appends without a key.
 */
export function openInboxView(teamDir: string, agent: string, from?: ReadMark): InboxView {
  const file = inboxFile(teamDir, agent);
  const reader = openJournalReader(file, parseInboxRecord, from);
  let count = from?.count ?? 0;
  let keys = new Map<string, Placed>();
  let repeats: number[] = [];
  let undeliverable = new Set<string>();
  let undeliverableUpTo = 0;

  const refresh = (): Look => {
    const tail = reader.read();
    if (tail.isReset) {
      count = 0;
      keys = new Map();
      repeats = [];
      undeliverable = new Set();
      undeliverableUpTo = 0;
    }
    const messages: Placed[] = [];
    for (const record of tail.records) {
      const placed = take(record);
      if (placed) messages.push(placed);
    }
    return { messages, malformed: tail.malformed, isReset: tail.isReset };
  };

  const take = (record: InboxRecord): Placed | undefined => {
    if (record.type === 'undeliverable') {
      if (record.messages === null) undeliverableUpTo = count;
      else for (const id of record.messages) undeliverable.add(id);
      return undefined;
    }
    if (record.type === 'deliverable') {
      undeliverable.clear();
      undeliverableUpTo = 0;
      return undefined;
    }
    const placed = { seq: ++count, record };
    if (record.key === undefined) return placed;
    const key = keyOf(record.by, record.key);
    if (keys.has(key)) {
      repeats.push(placed.seq);
      return undefined;
    }
    keys.set(key, placed);
    return placed;
  };

  return {
    agent,
    refresh,
    count: () => count,
    withKey: (from, key) => keys.get(keyOf(from, key)),
    repeats: () => repeats,
    show: ({ seq, record }, marks) =>
      toMessage(seq, record, stateAt(marks, seq, seq <= undeliverableUpTo || undeliverable.has(record.id))),
    place: reader.place,
    readMarks: () => readMarks(cursorFile(teamDir, agent)),
  };
}

export function toMessage(seq: number, record: MessageRecord, state: Message['state']): Message {
  const { id, by, incarnation, to, kind, priority, text, replyTo, broadcastId, at } = record;
  return {
    id,
    seq,
    from: by,
    incarnation,
    to,
    kind,
    priority,
    text,
    replyTo,
    broadcastId,
    created: at,
    state,
  };
}

/** Names of senders hold no space, so no two pairs give one text. */
const keyOf = (from: string, key: string): string => `${from} ${key}`;
