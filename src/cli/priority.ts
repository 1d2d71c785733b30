import type { Priority } from '../protocol/message.ts';
import { PRIORITIES } from '../protocol/words.ts';

/** The value of `--priority`; the table of commands lets only these through. */
export function priorityOf(given: unknown): Priority {
  return PRIORITIES.find((each) => each === given) ?? 'steer';
}
