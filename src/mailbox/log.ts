import type { Message } from '../protocol/message.ts';
import type { Backend } from '../store/backend.ts';
import { type InboxView, openInboxView } from './inbox-view.ts';
import { inThread } from './thread.ts';

export interface LogFilter {
  /** The recipient. */
  agent?: string | undefined;
  from?: string | undefined;
  kind?: Message['kind'] | undefined;
  /** Matched against the text. */
  grep?: RegExp | undefined;
  since?: Date | undefined;
  /** Id of a message: only what it answers, what answers it, and so on. */
  thread?: string | undefined;
  /** Only so many, the newest. */
  last?: number | undefined;
}

/** Reads the messages of a team that pass the filter, oldest first. Opens files for reading only. */
export async function readLog(backend: Backend, filter: LogFilter): Promise<Message[]> {
  const { last, thread, ...plain } = filter;
  const { agent, ...tests } = plain;
  const takesAll = thread === undefined && Object.values(tests).every((test) => test === undefined);
  const all =
    last !== undefined && takesAll
      ? await newestMessages(backend, agent, last)
      : await newMessages(backend, plain, new Map());
  const found = thread === undefined ? all : inThread(all, thread);
  return last === undefined ? found : last === 0 ? [] : found.slice(-last);
}

/** Reads the log, and then each new message, until the signal aborts. */
export async function* followLog(
  backend: Backend,
  { signal, last, thread, ...filter }: LogFilter & { signal: AbortSignal },
): AsyncGenerator<Message, void> {
  const views = new Map<string, InboxView>();
  let isFirst = true;
  const all: Message[] = [];
  for await (const _ of backend.watch('mailbox', { signal, depth: 1 })) {
    let found = await newMessages(backend, filter, views);
    if (thread !== undefined) {
      all.push(...found);
      const ids = new Set(inThread(all, thread).map(({ id }) => id));
      found = found.filter(({ id }) => ids.has(id));
    }
    if (isFirst && last !== undefined) found = last === 0 ? [] : found.slice(-last);
    isFirst = false;
    for (const message of found) {
      if (signal.aborted) return;
      yield message;
    }
  }
}

/** What no view in `views` has shown yet; views of inboxes that are new are added. */
async function newMessages(
  backend: Backend,
  filter: LogFilter,
  views: Map<string, InboxView>,
): Promise<Message[]> {
  const agents = filter.agent === undefined ? await backend.inboxes() : [filter.agent];
  const found: Message[] = [];
  for (const agent of agents) {
    const view = views.get(agent) ?? openInboxView(backend, agent, 'start');
    views.set(agent, view);
    const { messages } = await view.refresh();
    const marks = await view.readMarks();
    for (const placed of messages) {
      const message = view.show(placed, marks);
      if (passes(message, filter)) found.push(message);
    }
  }
  return inOneLine(found);
}

/** The newest messages, reading backwards from base to base: what an inbox holds besides costs nothing. */
async function newestMessages(backend: Backend, agent: string | undefined, last: number): Promise<Message[]> {
  const agents = agent === undefined ? await backend.inboxes() : [agent];
  const found = await Promise.all(agents.map((each) => newestOf(backend, each, last)));
  return inOneLine(found.flat());
}

async function newestOf(backend: Backend, agent: string, last: number): Promise<Message[]> {
  const newest = openInboxView(backend, agent);
  const marks = await newest.readMarks();
  let view = newest;
  let { messages } = await newest.refresh();
  if (messages.length < last) {
    for (const base of [...(await newest.bases()).reverse().slice(1), 'start' as const]) {
      view = openInboxView(backend, agent, base);
      ({ messages } = await view.refresh());
      if (messages.length >= last) break;
    }
  }
  return (last === 0 ? [] : messages.slice(-last)).map((placed) => view.show(placed, marks));
}

function passes(message: Message, { from, kind, grep, since }: LogFilter): boolean {
  return (
    (from === undefined || message.from === from) &&
    (kind === undefined || message.kind === kind) &&
    (since === undefined || message.created >= since.toISOString()) &&
    // `search`, unlike `test`, has no memory of where the last match was
    (grep === undefined || message.text.search(grep) !== -1)
  );
}

/**
 * The messages of several inboxes in one line of time. Within an inbox its own order stands, whatever the clocks and ids of its
 * writers say: a message is as late as the latest before it.
 */
function inOneLine(found: readonly Message[]): Message[] {
  const latest = new Map<string, string>();
  const lines = found.map((message) => {
    const own = `${message.created} ${message.id}`;
    const before = latest.get(message.to) ?? '';
    const at = own > before ? own : before;
    latest.set(message.to, at);
    return { at, message };
  });
  // The sort is stable: what is equally late stays as it came.
  return lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ message }) => message);
}
