import type { TimelineItem } from '../shapes.ts';

/**
 * The messages that answer each other, up and down from the one with this id, in the order of the list. A broadcast is answered
 * under the id of any of its messages, or its own.
 */
export function threadOf(items: readonly TimelineItem[], id: string): TimelineItem[] {
  const letters = items.filter(({ message }) => message !== undefined);
  const namesOf = ({ message }: TimelineItem): string[] =>
    [message?.id, message?.broadcastId, message?.replyTo].filter((name) => typeof name === 'string');
  const byName = new Map<string, TimelineItem[]>();
  for (const letter of letters)
    for (const name of namesOf(letter)) byName.set(name, [...(byName.get(name) ?? []), letter]);
  const found = new Set<TimelineItem>();
  const open = [id];
  const asked = new Set(open);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const letter of byName.get(name) ?? []) {
      found.add(letter);
      for (const next of namesOf(letter)) {
        if (!asked.has(next)) open.push(next);
        asked.add(next);
      }
    }
  }
  return letters.filter((letter) => found.has(letter));
}
