import type { TaskEvent } from '../protocol/task.ts';

/** Whose life ended while it worked on a task that nobody has taken since. */
export function lostBy(history: readonly TaskEvent[]): string | undefined {
  const last = history.findLast(({ event }) => event === 'claimed' || event === 'released');
  if (last?.event !== 'released' || last.by !== 'team') return undefined;
  return history.findLast(({ event }) => event === 'claimed')?.by;
}
