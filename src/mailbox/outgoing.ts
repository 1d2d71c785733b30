import type { MessageKind, Priority } from '../protocol/message.ts';
import type { Backend } from '../store/backend.ts';
import type { StoreOptions } from '../store/options.ts';

export interface MailboxOptions extends StoreOptions {
  /** Where it is kept; without it, as `team.json` says. */
  backend?: Backend;
  /** Whether this is the present life of a sender; asked before each send. Without it every life is. */
  isCurrent?: (from: string, incarnation: number) => boolean | Promise<boolean>;
}

/** What a sender says; whether the recipient exists is the caller's to know. */
export interface Outgoing {
  from: string;
  to: string;
  text: string;
  /** Which life of the sender writes, from 1; 0 for `user` and `team`. */
  incarnation: number;
  kind?: MessageKind;
  /** `steer` unless it is said. */
  priority?: Priority;
  replyTo?: string | null;
  broadcastId?: string | null;
  /** Makes a repeat harmless: of all sends with one key from one sender to one recipient the first counts. */
  key?: string;
}

export type OutgoingBroadcast = Omit<Outgoing, 'to' | 'broadcastId'> & { recipients: readonly string[] };
