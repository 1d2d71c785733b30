import { isUnreachable } from '../protocol/errors.ts';

/** Does a look that comes again anyway; while the team's store can't be reached, it is left out. */
export async function unlessUnreachable(look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
}
