import type { Message, MessageState } from '../protocol/message.ts';
import { isMarked, type Marks, stateAt } from './marks.ts';
import type { InboxRecord, MessageRecord } from './records.ts';

/** A message with its place, before its state is looked up. */
export interface Placed {
  seq: number;
  record: MessageRecord;
}

/** Where the first message with a key is. */
export interface KeyPlace {
  seq: number;
  id: string;
}

/** What the records of an inbox come to. */
export interface InboxState {
  /** How many records were folded. */
  revision: number;
  /** How many places are taken. */
  count: number;
  /** Of messages with a key the first, by sender and key; those in front of the base that reading began at are in `older`. */
  keys: Map<string, Placed>;
  older: Map<string, KeyPlace>;
  /** Places that hold a repeat of a key, and so no message. */
  repeats: number[];
  undeliverable: Set<string>;
  undeliverableUpTo: number;
}

/** A state as a base holds it; `keys` and `repeats` are those of the part in front of it only. */
export interface InboxBase {
  count: number;
  undeliverable: string[];
  undeliverableUpTo: number;
  keys: [key: string, seq: number, id: string][];
  repeats: number[];
}

export function emptyState(): InboxState {
  return {
    ...{ revision: 0, count: 0, keys: new Map(), older: new Map(), repeats: [] },
    ...{ undeliverable: new Set<string>(), undeliverableUpTo: 0 },
  };
}

/** Folds one record; gives the message when it is one that counts. A repeat of a key takes a place and is never shown. */
export function foldInbox(state: InboxState, record: InboxRecord): Placed | undefined {
  state.revision++;
  if (record.type === 'undeliverable') {
    if (record.messages === null) state.undeliverableUpTo = state.count;
    else for (const id of record.messages) state.undeliverable.add(id);
    return undefined;
  }
  if (record.type === 'deliverable') {
    state.undeliverable.clear();
    state.undeliverableUpTo = 0;
    return undefined;
  }
  const placed = { seq: ++state.count, record };
  if (record.key === undefined) return placed;
  const key = keyOf(record.by, record.key);
  if (state.keys.has(key) || state.older.has(key)) {
    state.repeats.push(placed.seq);
    return undefined;
  }
  state.keys.set(key, placed);
  return placed;
}

/** The base of the part that begins now, when the part before began at `since`. */
export function toBase(state: InboxState, since: number): InboxBase {
  const { count, undeliverable, undeliverableUpTo } = state;
  const keys = [...state.keys].filter(([, { seq }]) => seq > since);
  return {
    ...{ count, undeliverable: [...undeliverable], undeliverableUpTo },
    keys: keys.map(([key, { seq, record }]) => [key, seq, record.id]),
    repeats: state.repeats.filter((seq) => seq > since),
  };
}

export function fromBase(revision: number, base: InboxBase): InboxState {
  const { count, undeliverable, undeliverableUpTo } = base;
  return { ...emptyState(), revision, count, undeliverable: new Set(undeliverable), undeliverableUpTo };
}

export function showMessage(placed: Placed, state: InboxState, marks: Marks): Message {
  const { seq, record } = placed;
  const { id, by, incarnation, to, kind, priority, text, replyTo, broadcastId, at, body } = record;
  return {
    ...{ id, seq, from: by, incarnation, to, kind, priority, text, replyTo, broadcastId, created: at },
    state: stateOf(placed, state, marks),
    ...(body === undefined ? {} : { body }),
  };
}

/** How far a message is, without making anything: for whoever asks of many. */
export function stateOf({ seq, record }: Placed, state: InboxState, marks: Marks): MessageState {
  return stateAt(marks, seq, seq <= state.undeliverableUpTo || state.undeliverable.has(record.id));
}

/** How many of the places so far hold a message that its recipient has not seen and may still see. */
export function isUnseen(seq: number, state: InboxState, id: string, marks: Marks): boolean {
  if (isMarked(marks.seen, seq)) return false;
  return seq > state.undeliverableUpTo && !state.undeliverable.has(id);
}

/** Names of senders hold no space, so no two pairs give one text. */
export const keyOf = (from: string, key: string): string => `${from} ${key}`;
