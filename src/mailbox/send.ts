import { createHash } from 'node:crypto';
import { CoworkError } from '../protocol/errors.ts';
import type { Message, MessageBody } from '../protocol/message.ts';
import { MESSAGE_BODY_MAX_BYTES } from '../protocol/words.ts';
import type { Backend } from '../store/backend.ts';
import { loadIds } from '../store/ids.ts';
import { RECORD_VERSION } from '../store/record.ts';
import { beginningOf, keepBody } from './body.ts';
import type { InboxView } from './inbox-view.ts';
import { noMarks } from './marks.ts';
import type { MailboxOptions, Outgoing, OutgoingBroadcast } from './outgoing.ts';
import { inboxLog } from './paths.ts';
import { type InboxRecord, type MessageRecord, parseInboxRecord } from './records.ts';

export interface Undeliverable {
  agent: string;
  /** Ids of the messages; without them all that are there and not seen. */
  messages?: string[];
  reason: string;
  /** `team` unless it is said. */
  by?: string;
}

/** The writing half of a mailbox. */
export interface Sender {
  /**
   * Writes a message to the recipient's inbox; it is on the disk when this resolves. A repeat of a key gives the first.
   * Throws MESSAGE_TOO_LARGE, STALE_WRITER, MESSAGE_NOT_WRITTEN.
   */
  send(message: Outgoing): Promise<Message>;
  /** Sends to each recipient under one `broadcastId`; an error names who did not get it. */
  broadcast(message: OutgoingBroadcast): Promise<Message[]>;
  /** Writes that messages reach nobody, since the recipient is stopped. */
  markUndeliverable(what: Undeliverable): Promise<void>;
  /** Takes that back, since the recipient is started again. */
  markDeliverable(what: { agent: string; by?: string }): Promise<void>;
}

/** Makes the writing half of a mailbox. */
export function createSender(
  backend: Backend,
  viewOf: (agent: string) => InboxView,
  { clock = Date.now, ids, isCurrent }: MailboxOptions,
): Sender {
  const nextId = async () => (ids ?? (await loadIds()))();
  const now = () => new Date(clock()).toISOString();

  const send = async (message: Outgoing): Promise<Message> => {
    assertSize(message.text);
    await assertCurrent(message);
    const id = await nextId();
    return deliver(toRecord(message, id, now(), await keepBody(backend, id, message.text)));
  };

  const broadcast = async (message: OutgoingBroadcast): Promise<Message[]> => {
    assertSize(message.text);
    await assertCurrent(message);
    const { recipients, ...rest } = message;
    const broadcastId =
      message.key === undefined ? await nextId() : keyedBroadcastId(message.from, message.key);
    const body = await keepBody(backend, broadcastId, message.text);
    const records: MessageRecord[] = [];
    for (const to of new Set(recipients)) {
      records.push(toRecord({ ...rest, to, broadcastId }, await nextId(), now(), body));
    }
    return allOrNamed(records, await Promise.allSettled(records.map(deliver)));
  };

  const assertCurrent = async ({ from, incarnation }: { from: string; incarnation: number }) => {
    if (isCurrent === undefined || (await isCurrent(from, incarnation))) return;
    throw new CoworkError(
      'STALE_WRITER',
      `Life ${incarnation} of ${from} is over; its message was not sent.`,
    );
  };

  /** Writes, then reads what stands there: the order of the inbox says which place it has, and which of two with one key is first. */
  const deliver = async (record: MessageRecord): Promise<Message> => {
    try {
      const view = viewOf(record.to);
      const placed = await view.write(record);
      // Also for a repeat: who wrote the first may not have got as far.
      await view.sync();
      // What was written a moment ago is on its way at most; of a repeat the marks say how far it is.
      return view.show(placed, placed.record.id === record.id ? noMarks() : await view.readMarks());
    } catch (error) {
      throw notWritten(record.to, error);
    }
  };

  const append = async (agent: string, record: InboxRecord) => {
    await backend.log(inboxLog(agent), parseInboxRecord).append(record);
  };

  const markUndeliverable = async ({ agent, messages, reason, by = 'team' }: Undeliverable) => {
    await append(agent, {
      ...{ v: RECORD_VERSION, id: await nextId(), type: 'undeliverable', by, incarnation: 0, at: now() },
      ...{ messages: messages ?? null, reason },
    });
  };

  const markDeliverable = async ({ agent, by = 'team' }: { agent: string; by?: string }) => {
    await append(agent, {
      ...{ v: RECORD_VERSION, id: await nextId(), type: 'deliverable', by, incarnation: 0, at: now() },
    });
  };

  return { send, broadcast, markUndeliverable, markDeliverable };
}

function assertSize(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > MESSAGE_BODY_MAX_BYTES) {
    throw new CoworkError(
      'MESSAGE_TOO_LARGE',
      `The text has ${bytes} bytes; ${MESSAGE_BODY_MAX_BYTES} are allowed.`,
    );
  }
}

function toRecord(message: Outgoing, id: string, at: string, body: MessageBody | undefined): MessageRecord {
  const { from: by, to, incarnation, kind = 'message', priority = 'steer', key } = message;
  const text = body === undefined ? message.text : beginningOf(message.text, body);
  return {
    ...{ v: RECORD_VERSION, id, type: 'message', by, incarnation, at, to, kind, priority, text },
    ...{ replyTo: message.replyTo ?? null, broadcastId: message.broadcastId ?? null },
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
  };
}

/** The same for every repeat, in whatever process, so that a broadcast that was cut off is finished under its own id. */
function keyedBroadcastId(from: string, key: string): string {
  return createHash('sha256').update(`${from} ${key}`).digest('hex').slice(0, 26);
}

function notWritten(to: string, cause: unknown): CoworkError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CoworkError('MESSAGE_NOT_WRITTEN', `The message to ${to} was not sent. ${why}`, { cause });
}

function allOrNamed(records: MessageRecord[], outcomes: PromiseSettledResult<Message>[]): Message[] {
  const sent: Message[] = [];
  const missed: string[] = [];
  let cause: unknown;
  outcomes.forEach((outcome, i) => {
    if (outcome.status === 'fulfilled') sent.push(outcome.value);
    else {
      missed.push(records[i]?.to ?? '?');
      cause ??= outcome.reason;
    }
  });
  if (missed.length === 0) return sent;
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new CoworkError(
    'MESSAGE_NOT_WRITTEN',
    `The broadcast reached ${sent.length} of ${records.length}; not ${missed.join(', ')}. ${why}`,
    { cause },
  );
}
