import type { Message } from '../protocol/message.ts';
import { watchFolder } from '../store/watch.ts';
import { type Inbox, type InboxOptions, openInbox } from './inbox.ts';
import { type InboxView, openInboxView } from './inbox-view.ts';
import { followLog, type LogFilter, readLog } from './log.ts';
import { readMarks } from './marks.ts';
import type { MailboxOptions } from './outgoing.ts';
import { cursorFile, mailboxFolder } from './paths.ts';
import { createSender, type Sender } from './send.ts';

export interface Mailbox extends Sender {
  /** Opens an inbox for its owner, the recipient's keeper: the only one that marks and sets aside. */
  inbox(agent: string, options?: InboxOptions): Inbox;
  /** Finds one message with its present state; changes nothing. */
  find(to: string, id: string): Promise<Message | undefined>;
  /** How many messages of an agent it has not seen; changes nothing. */
  unread(agent: string): number;
  /** All messages that pass the filter, oldest first; changes no byte on the disk. */
  log(filter?: LogFilter): Promise<Message[]>;
  /** The log, and then each message as it comes, until the signal aborts; changes no byte on the disk. */
  follow(filter: LogFilter & { signal: AbortSignal }): AsyncGenerator<Message, void>;
  /** Yields at the start, and whenever any inbox may have changed. */
  watch(options: { signal: AbortSignal; rescanMs?: number }): AsyncGenerator<void, void>;
}

export type { Outgoing } from './outgoing.ts';
export type { Inbox, InboxOptions, LogFilter, MailboxOptions };

/** Opens the mailbox of a team: one inbox for each agent, and one for `user`. Nothing is written before something is sent. */
export function openMailbox(teamDir: string, options: MailboxOptions = {}): Mailbox {
  const whole = new Map<string, InboxView>();
  const partial = new Map<string, InboxView>();
  // To know that a key is new, all keys must be known; to know a place, the count up to the owner's mark is enough.
  const viewOf = (agent: string, withKeys: boolean): InboxView => {
    const known = whole.get(agent) ?? (withKeys ? undefined : partial.get(agent));
    if (known) return known;
    const view = withKeys
      ? openInboxView(teamDir, agent)
      : openInboxView(teamDir, agent, readMarks(cursorFile(teamDir, agent)).read);
    (withKeys ? whole : partial).set(agent, view);
    return view;
  };
  return {
    ...createSender(teamDir, viewOf, options),
    inbox: (agent, inboxOptions) => openInbox(teamDir, agent, { ...options, ...inboxOptions }),
    find: async (to, id) => (await readLog(teamDir, { agent: to })).find((message) => message.id === id),
    unread: (agent) => countUnseen(openInboxView(teamDir, agent)),
    log: async (filter = {}) => readLog(teamDir, filter),
    follow: (filter) => followLog(teamDir, filter),
    watch: (watching) => watchFolder(mailboxFolder(teamDir), { ...watching, depth: 1 }),
  };
}

function countUnseen(view: InboxView): number {
  const { messages } = view.refresh();
  const marks = view.readMarks();
  return messages.filter((placed) => ['queued', 'delivered'].includes(view.show(placed, marks).state)).length;
}
