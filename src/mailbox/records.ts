import type { MessageBody, MessageKind, Priority } from '../protocol/message.ts';
import { MESSAGE_KINDS, PRIORITIES } from '../protocol/words.ts';
import {
  isCount,
  isText,
  isTextOrNull,
  type JsonRecord,
  type Parsed,
  type RecordHead,
} from '../store/record.ts';

/** A message in its recipient's inbox; `by` is the sender. */
export interface MessageRecord extends RecordHead {
  type: 'message';
  to: string;
  kind: MessageKind;
  priority: Priority;
  text: string;
  replyTo: string | null;
  broadcastId: string | null;
  /** Of all messages with the same key from the same sender only the first counts. */
  key?: string;
  /** Where the whole text is, when `text` is only its beginning. */
  body?: MessageBody;
}

/** The agent is stopped: the messages with these ids (null: all in front of this place) reach nobody unless it comes back. */
export interface UndeliverableRecord extends RecordHead {
  type: 'undeliverable';
  messages: string[] | null;
  reason: string;
}

/** The agent is back: what was undeliverable waits for it again. */
export interface DeliverableRecord extends RecordHead {
  type: 'deliverable';
}

export type InboxRecord = MessageRecord | UndeliverableRecord | DeliverableRecord;

/** Checks the body of a record of an inbox; by hand, for the reasons that `parseRecord` gives. */
export function parseInboxRecord(record: JsonRecord): Parsed<InboxRecord> {
  switch (record.type) {
    case 'message':
      return isMessage(record) ? { record } : { malformed: 'a message with a field of the wrong kind' };
    case 'undeliverable':
      return isUndeliverable(record) ? { record } : { malformed: 'an undeliverable with a wrong field' };
    case 'deliverable':
      return { record: record as JsonRecord & DeliverableRecord }; // it has a head and nothing more
    default:
      return { malformed: `${JSON.stringify(record.type)} is not a type of record in an inbox` };
  }
}

function isMessage(record: JsonRecord): record is JsonRecord & MessageRecord {
  return (
    isText(record.to) &&
    isText(record.text) &&
    isTextOrNull(record.replyTo) &&
    isTextOrNull(record.broadcastId) &&
    (record.key === undefined || isText(record.key)) &&
    (record.body === undefined || isBody(record.body)) &&
    (MESSAGE_KINDS as readonly unknown[]).includes(record.kind) &&
    (PRIORITIES as readonly unknown[]).includes(record.priority)
  );
}

function isUndeliverable(record: JsonRecord): record is JsonRecord & UndeliverableRecord {
  const { messages } = record;
  return isText(record.reason) && (messages === null || (Array.isArray(messages) && messages.every(isText)));
}

function isBody(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, bytes, sha256 } = value as Partial<MessageBody>; // each field is checked below
  return isText(id) && /^[0-9A-Za-z]{1,64}$/.test(id) && isCount(bytes) && isText(sha256);
}
