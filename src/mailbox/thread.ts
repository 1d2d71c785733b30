import type { Message } from '../protocol/message.ts';

/** The messages that hang together with one by answers, in the order given; a broadcast and its copies are one. */
export function inThread(messages: readonly Message[], id: string): Message[] {
  const neighbours = new Map<string, string[]>();
  const link = (a: string, b: string) => {
    neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
    neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
  };
  for (const message of messages) {
    if (message.replyTo !== null) link(message.id, message.replyTo);
    if (message.broadcastId !== null) link(message.id, message.broadcastId);
  }
  const reached = new Set([id]);
  const waiting = [id];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const other of neighbours.get(next) ?? []) {
      if (reached.has(other)) continue;
      reached.add(other);
      waiting.push(other);
    }
  }
  return messages.filter((message) => reached.has(message.id));
}
