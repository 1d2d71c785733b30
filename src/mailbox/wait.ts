import { CoworkError } from '../protocol/errors.ts';
import type { Message, MessageState } from '../protocol/message.ts';
import type { Backend } from '../store/backend.ts';
import { type InboxView, openInboxView } from './inbox-view.ts';

export interface WaitOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

/** How far along each state is; `undeliverable` is an end, as nothing follows unless the agent is started again. */
const ORDER: readonly MessageState[] = ['queued', 'delivered', 'seen', 'acked'];

/**
 * Waits until a message has come as far as `wanted`, or is undeliverable; gives it as it is then.
 * Throws MESSAGE_WAIT_TIMEOUT, which says how far it has come.
 */
export async function untilState(
  backend: Backend,
  message: Message,
  wanted: MessageState,
  { timeoutMs, signal }: WaitOptions,
): Promise<Message> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const view = openInboxView(backend, message.to);
  let now = message;
  for await (const _ of backend.watch(`mailbox/${message.to}`, { signal: stop, rescanMs: 200 })) {
    now = await stateOf(view, message);
    if (now.state === 'undeliverable' || ORDER.indexOf(now.state) >= ORDER.indexOf(wanted)) return now;
  }
  signal?.throwIfAborted();
  throw new CoworkError(
    'MESSAGE_WAIT_TIMEOUT',
    `After ${timeoutMs / 1000} s message ${message.id} to ${message.to} is ${now.state}, not ${wanted}.`,
  );
}

async function stateOf(view: InboxView, message: Message): Promise<Message> {
  await view.refresh();
  const marks = await view.readMarks();
  const { id, seq, from: by, incarnation, to, kind, priority, text, replyTo, broadcastId, created } = message;
  const head = { v: 1, type: 'message', id, by, incarnation, at: created } as const;
  const record = { ...head, to, kind, priority, text, replyTo, broadcastId };
  const { state } = view.show({ seq, record }, marks);
  return { ...message, state };
}
