import type { Message, MessageState } from '../protocol/message.ts';
import { openBackend } from '../store/open-backend.ts';
import { readBody } from './body.ts';
import { type Inbox, type InboxOptions, openInbox } from './inbox.ts';
import { type InboxView, openInboxView } from './inbox-view.ts';
import { followLog, type LogFilter, readLog } from './log.ts';
import type { MailboxOptions } from './outgoing.ts';
import { createSender, type Sender } from './send.ts';
import { countUnseen } from './unseen.ts';
import { openUserInbox, type UserInbox } from './user-inbox.ts';
import { untilState, type WaitOptions } from './wait.ts';

export interface Mailbox extends Sender {
  /** Opens an inbox for its owner, the recipient's keeper: the only one that marks and sets aside. */
  inbox(agent: string, options?: InboxOptions): Inbox;
  /** Opens the person's inbox, for what shows messages to them. */
  userInbox(): UserInbox;
  /** Finds one message with its present state; changes nothing. */
  find(to: string, id: string): Promise<Message | undefined>;
  /** The whole text of a message, also of one that shows only its beginning. Throws MESSAGE_BODY_MISSING. */
  body(message: Message): Promise<string>;
  /** Resolves once a message has come so far, or can't. Throws MESSAGE_WAIT_TIMEOUT. */
  untilState(message: Message, state: MessageState, options: WaitOptions): Promise<Message>;
  /** How many messages of an agent it has not seen; changes nothing. */
  unread(agent: string): Promise<number>;
  /** All messages that pass the filter, oldest first; changes no byte on the disk. */
  log(filter?: LogFilter): Promise<Message[]>;
  /** The log, and then each message as it comes, until the signal aborts; changes no byte on the disk. */
  follow(filter: LogFilter & { signal: AbortSignal }): AsyncGenerator<Message, void>;
  /** Yields at the start, and whenever any inbox may have changed. */
  watch(options: { signal: AbortSignal; rescanMs?: number }): AsyncGenerator<void, void>;
  /** Keeps what full parts of inboxes come to, so that nobody need read them again; for the supervisor, now and then. */
  compact(): Promise<void>;
}

export type { Outgoing } from './outgoing.ts';
export type { Inbox, InboxOptions, LogFilter, MailboxOptions, UserInbox };

/** Opens the mailbox of a team: one inbox for each agent, and one for `user`. Nothing is written before something is sent. */
export function openMailbox(teamDir: string, options: MailboxOptions = {}): Mailbox {
  const backend = options.backend ?? openBackend(teamDir, { durable: options.durable });
  const views = new Map<string, InboxView>();
  const viewOf = (agent: string): InboxView => {
    const view = views.get(agent) ?? openInboxView(backend, agent);
    views.set(agent, view);
    return view;
  };
  const compacting = new Map<string, InboxView>();
  const find = async (to: string, id: string) =>
    (await readLog(backend, { agent: to })).find((message) => message.id === id);
  return {
    ...createSender(backend, viewOf, options),
    inbox: (agent, inboxOptions) =>
      openInbox(backend, teamDir, agent, {
        ...(options.onMalformed === undefined ? {} : { onMalformed: options.onMalformed }),
        ...inboxOptions,
      }),
    userInbox: () => openUserInbox(backend),
    find,
    body: (message) => readBody(backend, message),
    untilState: (message, state, waiting) => untilState(backend, message, state, waiting),
    unread: (agent) => countUnseen(backend, agent),
    log: (filter = {}) => readLog(backend, filter),
    follow: (filter) => followLog(backend, filter),
    watch: (watching) => backend.watch('mailbox', { ...watching, depth: 1 }),
    compact: async () => {
      for (const agent of await backend.inboxes()) {
        const view = compacting.get(agent) ?? openInboxView(backend, agent);
        compacting.set(agent, view);
        await view.refresh();
        await view.saveBases();
      }
    },
  };
}
