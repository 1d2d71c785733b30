import type { Notice } from './notice.ts';

/** What a view of a team needs of it besides its panes; made by the command line. */
export interface TeamDesk {
  /** The agents in their order; asked anew at each switch. */
  agents(): string[];
  /** Where an agent's keeper listens. */
  socketPath(agent: string): string;
  /** The task list, as lines for people. */
  tasks(): Promise<string[]>;
  /** How many tasks are in which state, in one line. */
  taskCounts(): Promise<string>;
  /** The latest mail, oldest first, as lines for people. */
  mail(): Promise<string[]>;
  /** The same for a person who has opened it: what was written to them counts as seen. */
  readMail(): Promise<string[]>;
  /** Sends a message of the user to all agents; returns what to say of it. */
  broadcast(text: string): Promise<string>;
  /** What waits for a person, as lines for people, and how to answer. */
  requests(): Promise<string[]>;
  /** Answers one as it was typed, `ID yes`; returns what to say of it. */
  answer(line: string): Promise<string>;
  /** What a person should hear of, from now on, until the signal aborts. */
  notices(signal: AbortSignal): AsyncIterable<Notice>;
  /** Who is watching, for other viewers: `root pts/3`. */
  readonly viewer: string;
}
