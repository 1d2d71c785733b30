import { DeliverPolicy } from '@nats-io/jetstream';
import type { LogTail, Parse, RecordLog } from '../backend.ts';
import { parseRecord, type RecordHead } from '../record.ts';
import { createSerial } from '../serial.ts';
import { asStoreError, type Server, subjectOf } from './server.ts';

/** So many messages are asked for one by one; for more a consumer is made. */
const FEW = 8;
/** Longest wait for messages that the server has said are there, in milliseconds. */
const FETCH_MS = 10_000;

/** A stored message, as both ways of reading give it. */
interface Stored {
  seq: number;
  string(): string;
}

/**
 * Opens a log that is one subject of the team's stream. A look asks the server for the last sequence of the subject and
 * reads up to it, so it sees all that was acknowledged to anybody before it began.
 */
export function openNatsLog<R extends RecordHead>(
  server: Server,
  name: string,
  parse: Parse<R>,
): RecordLog<R> {
  const subject = subjectOf(server, name);
  const inOrder = createSerial();
  let position = 0;
  let pending: LogTail<R> | undefined;

  /** Adds what is stored after `position` and up to `last` to what waits to be handed over. */
  const readUpTo = async (last: number): Promise<LogTail<R>> => {
    let tail = pending ?? emptyTail<R>();
    if (last < position) {
      // The stream is another one than it was.
      tail = { ...emptyTail<R>(), isReset: true };
      position = 0;
    }
    pending = tail;
    for (let few = 0; position < last && few < FEW; few++) {
      const next = await server.manager.direct.getMessage(server.stream, {
        seq: position + 1,
        next_by_subj: subject,
      });
      if (next === null) break;
      take(next, tail);
    }
    if (position < last) await fetchUpTo(last, tail);
    pending = undefined;
    return tail;
  };

  const fetchUpTo = async (last: number, tail: LogTail<R>) => {
    const consumer = await server.client.consumers.get(server.stream, {
      ...{ filter_subjects: subject, deliver_policy: DeliverPolicy.StartSequence },
      opt_start_seq: position + 1,
    });
    const deadline = performance.now() + FETCH_MS;
    while (position < last) {
      if (performance.now() > deadline) throw new Error(`messages up to ${last} of ${subject} did not come`);
      const batch = await consumer.fetch({ max_messages: 5000, expires: 2000 });
      for await (const message of batch) {
        take(message, tail);
        if (message.seq >= last) batch.stop();
      }
    }
  };

  const take = (message: Stored, tail: LogTail<R>) => {
    if (message.seq <= position) return;
    position = message.seq;
    const text = message.string();
    const head = parseRecord(text);
    const parsed = 'record' in head ? parse(head.record) : head;
    if ('record' in parsed) tail.records.push(parsed.record);
    else {
      const bytes = Buffer.from(text);
      tail.malformed.push({ file: subject, offset: message.seq, reason: parsed.malformed, bytes });
    }
  };

  const lastSequence = async (): Promise<number> => {
    const last = await server.manager.streams.getMessage(server.stream, { last_by_subj: subject });
    return last?.seq ?? 0;
  };

  const read = () => inOrder(() => asStoreError(async () => readUpTo(await lastSequence())));

  const claim = (record: R) =>
    inOrder(() =>
      asStoreError(async () => {
        // The id makes the server drop the client's own repeats.
        const { seq } = await server.client.publish(subject, JSON.stringify(record), { msgID: record.id });
        return readUpTo(Math.max(seq, position));
      }),
    );

  const append = async (record: R) => {
    const tail = await claim(record);
    await inOrder(async () => {
      pending = tail;
    });
  };

  return {
    claim,
    read,
    append,
    sync: async () => {},
    bases: async () => [],
    saveBase: async () => false,
  };
}

function emptyTail<R>(): LogTail<R> {
  return { records: [], malformed: [], isReset: false, base: undefined, parts: [] };
}
