import type { TimelineItem } from '../shapes.ts';

/**
 * Adds `news` to items that are in the order of the server, by time and then by key; of two with one key the newer word counts.
 * What is older than all news is not looked at, so an event costs the same beside a hundred thousand.
 */
export function merge(items: readonly TimelineItem[], news: readonly TimelineItem[]): TimelineItem[] {
  const sorted = [...news].sort(compare);
  const first = sorted[0];
  if (first === undefined) return [...items];
  let at = placeOf(items, first);
  const merged = items.slice(0, at);
  for (const [index, item] of sorted.entries()) {
    const later = sorted[index + 1];
    if (later !== undefined && compare(later, item) === 0) continue;
    while (at < items.length && compare(items[at] as TimelineItem, item) < 0)
      merged.push(items[at++] as TimelineItem); // within the list
    if (at < items.length && compare(items[at] as TimelineItem, item) === 0) at++;
    merged.push(item);
  }
  return merged.concat(items.slice(at));
}

/** Where the first item is that is not in front of `item`. */
function placeOf(items: readonly TimelineItem[], item: TimelineItem): number {
  let from = 0;
  let to = items.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compare(items[middle] as TimelineItem, item) < 0)
      from = middle + 1; // within the list
    else to = middle;
  }
  return from;
}

function compare(a: TimelineItem, b: TimelineItem): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return 0;
}
