import type { z } from 'zod';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { TurnEnded } from '../protocol/gate-requests.ts';
import type { Message } from '../protocol/message.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import type { Channel } from './channel.ts';
import type { Self } from './self.ts';

/** What the runtime does for a role besides mail: which work wakes the agent, and what the end of a turn means. */
export interface Duty {
  /** Looks after work until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** The agent has reported that it is idle. */
  idle(): Promise<void>;
  turnEnded(turn: z.infer<typeof TurnEnded>): Promise<void>;
  /** The model has got a message. */
  mailSeen(message: Message): void;
  /** The agent did something by itself. */
  acted(act: Act): void;
}

export type Act = 'message to lead' | 'message' | 'task settled' | 'task claimed' | 'job finished';

export interface DutyContext {
  dir: string;
  self: Self;
  mailbox: Mailbox;
  tasks: TaskList;
  channel: Channel;
  /** Whether mail is on its way to the agent. */
  hasMail: () => boolean;
  /** The agent can't go on; `reason` is for people. */
  fail: (reason: string) => Promise<void>;
}

/** How often a runtime reminds an agent of the same thing before it tells somebody else. */
export const MAX_NUDGES = 2;
