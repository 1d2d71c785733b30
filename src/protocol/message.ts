import { z } from 'zod';
import { MESSAGE_KINDS, MESSAGE_STATES, PRIORITIES } from './words.ts';

export const Priority = z.enum(PRIORITIES);
export type Priority = z.infer<typeof Priority>;

export const MessageState = z.enum(MESSAGE_STATES);
export type MessageState = z.infer<typeof MessageState>;

export const MessageKind = z.enum(MESSAGE_KINDS);
export type MessageKind = z.infer<typeof MessageKind>;

/** A text that is too long for an inbox and is kept beside it. */
export interface MessageBody {
  /** The message's id, or the broadcast's. */
  id: string;
  bytes: number;
  /** Of its UTF-8, in hex. */
  sha256: string;
}

/** A message as `cowork mail --json` and the mail tools show it. */
export interface Message {
  /** ULID. */
  id: string;
  /** Place in the recipient's inbox, from 1. */
  seq: number;
  /** An agent's name, `user` or `team`. */
  from: string;
  /** Which life of the sender wrote it, from 1; 0 for `user` and `team`. */
  incarnation: number;
  to: string;
  kind: MessageKind;
  priority: Priority;
  text: string;
  replyTo: string | null;
  broadcastId: string | null;
  /** ISO 8601 with milliseconds, UTC. */
  created: string;
  state: MessageState;
  /** Only when `text` is just the beginning of it. */
  body?: MessageBody;
}
