import type { Message } from '../protocol/message.ts';
import { watchFolder } from '../store/watch.ts';
import { type InboxView, openInboxView } from './inbox-view.ts';
import { agentsWithInbox, mailboxFolder } from './paths.ts';

export interface LogFilter {
  /** The recipient. */
  agent?: string | undefined;
  from?: string | undefined;
  /** Matched against the text. */
  grep?: RegExp | undefined;
  since?: Date | undefined;
}

/** Reads the messages of a team that pass the filter, oldest first. Opens files for reading only. */
export function readLog(teamDir: string, filter: LogFilter): Message[] {
  return newMessages(teamDir, filter, new Map());
}

/** Reads the log, and then each new message, until the signal aborts. */
export async function* followLog(
  teamDir: string,
  { signal, ...filter }: LogFilter & { signal: AbortSignal },
): AsyncGenerator<Message, void> {
  const views = new Map<string, InboxView>();
  for await (const _ of watchFolder(mailboxFolder(teamDir), { signal, depth: 1 })) {
    for (const message of newMessages(teamDir, filter, views)) {
      if (signal.aborted) return;
      yield message;
    }
  }
}

/** What no view in `views` has shown yet; views of inboxes that are new are added. */
function newMessages(teamDir: string, filter: LogFilter, views: Map<string, InboxView>): Message[] {
  const agents = filter.agent === undefined ? agentsWithInbox(teamDir) : [filter.agent];
  const found: Message[] = [];
  for (const agent of agents) {
    const view = views.get(agent) ?? openInboxView(teamDir, agent);
    views.set(agent, view);
    const { messages } = view.refresh();
    const marks = view.readMarks();
    for (const placed of messages) {
      const message = view.show(placed, marks);
      if (passes(message, filter)) found.push(message);
    }
  }
  return found.sort(byTime);
}

function passes(message: Message, { from, grep, since }: LogFilter): boolean {
  return (
    (from === undefined || message.from === from) &&
    (since === undefined || message.created >= since.toISOString()) &&
    // `search`, unlike `test`, has no memory of where the last match was
    (grep === undefined || message.text.search(grep) !== -1)
  );
}

function byTime(a: Message, b: Message): number {
  return compare(a.created, b.created) || compare(a.id, b.id) || compare(a.to, b.to) || a.seq - b.seq;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
