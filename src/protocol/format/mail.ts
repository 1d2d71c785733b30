import { z } from 'zod';
import { MessageKind, Priority } from '../message.ts';
import { count, record, sealed } from './head.ts';

export const inboxRecord = z.discriminatedUnion('type', [
  record('message', {
    to: z.string(),
    kind: MessageKind,
    priority: Priority,
    text: z.string(),
    replyTo: z.string().nullable(),
    broadcastId: z.string().nullable(),
    key: z.string().optional().describe('of all messages of one sender with one key the first counts'),
    body: z
      .looseObject({ id: z.string().regex(/^[0-9A-Za-z]{1,64}$/), bytes: count, sha256: z.string() })
      .optional()
      .describe('where the whole text is: mailbox/.bodies/ID.txt'),
  }),
  record('undeliverable', { messages: z.array(z.string()).nullable(), reason: z.string() }),
  record('deliverable', {}),
  sealed,
]);

const mark = z.looseObject({ upTo: count, beyond: z.array(count) });

/** `cursor.json`. */
export const cursor = z.looseObject({ v: z.literal(1), delivered: mark, seen: mark, acked: mark });
