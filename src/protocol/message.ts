import { z } from 'zod';

/** When a message acts: at the end of the turn, at the next tool boundary, or at once. */
export const Priority = z.enum(['note', 'steer', 'interrupt']);
export type Priority = z.infer<typeof Priority>;

/** How far a message has come; each step implies the ones before it. */
export const MessageState = z.enum(['queued', 'delivered', 'seen', 'acked', 'undeliverable']);
export type MessageState = z.infer<typeof MessageState>;

/** `message` was written by somebody; `report` is a turn's last text sent by the runtime; `notice` tells of an event. */
export const MessageKind = z.enum(['message', 'report', 'notice']);
export type MessageKind = z.infer<typeof MessageKind>;

/** Largest text of a message in bytes of UTF-8. */
export const MESSAGE_MAX_BYTES = 32 * 1024;

/** A message as `cowork mail --json` and the mail tools show it. */
export interface Message {
  /** ULID. */
  id: string;
  /** Place in the recipient's inbox, from 1. */
  seq: number;
  /** An agent's name, `user` or `team`. */
  from: string;
  to: string;
  kind: MessageKind;
  priority: Priority;
  text: string;
  replyTo: string | null;
  broadcastId: string | null;
  /** ISO 8601 with milliseconds, UTC. */
  created: string;
  state: MessageState;
}
