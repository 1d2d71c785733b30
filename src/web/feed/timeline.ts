import type { TimelineItem } from '../shapes.ts';

/** What to show of a line of time. */
export interface TimelineFilter {
  kinds?: readonly string[] | undefined;
  /** An agent that wrote it, did it or got it. */
  agent?: string | undefined;
  /** Words that must be in it, whatever their case. */
  words?: string | undefined;
}

/** All that happened in a team, in one order: by time, then by key. Times are what the writers said. */
export interface Timeline {
  /** Adds an item, or notes that one that is there has changed. */
  put(item: TimelineItem): void;
  /** Up to `limit` items in front of the one with the key `before` (the newest without it), oldest first. */
  page(filter: TimelineFilter, limit: number, before?: string): { items: TimelineItem[]; hasOlder: boolean };
}

export function createTimeline(): Timeline {
  const order: TimelineItem[] = [];
  const keys = new Map<string, TimelineItem>();
  return {
    put: (item) => {
      if (keys.has(item.key)) return;
      keys.set(item.key, item);
      let at = order.length;
      // Nearly always the end: who writes says the time, and clocks of one host agree. Else halves are asked.
      if (at > 0 && isLater(order[at - 1] as TimelineItem, item)) {
        let from = 0;
        while (from < at) {
          const middle = (from + at) >> 1;
          if (isLater(order[middle] as TimelineItem, item)) at = middle;
          else from = middle + 1;
        }
      }
      order.splice(at, 0, item);
    },
    page: (filter, limit, before) => {
      const known = before === undefined ? undefined : keys.get(before);
      const items: TimelineItem[] = [];
      let at = known === undefined ? order.length : order.indexOf(known);
      while (at > 0 && items.length < limit) {
        const item = order[--at] as TimelineItem; // within the list
        if (passes(item, filter)) items.push(item);
      }
      return { items: items.reverse(), hasOlder: order.slice(0, at).some((item) => passes(item, filter)) };
    },
  };
}

const isLater = (a: TimelineItem, b: TimelineItem): boolean =>
  a.at > b.at || (a.at === b.at && a.key > b.key);

/** Whether an item is to be shown. The page asks the same of what comes live. */
export function passes(
  { kind, who, to, text }: TimelineItem,
  { kinds, agent, words }: TimelineFilter,
): boolean {
  return (
    (kinds === undefined || kinds.includes(kind)) &&
    (agent === undefined || who === agent || to?.some(({ name }) => name === agent) === true) &&
    (words === undefined || text.toLowerCase().includes(words.toLowerCase()))
  );
}
