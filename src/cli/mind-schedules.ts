import { toCoworkError } from '../protocol/errors.ts';
import { ensureScheduler } from '../supervisor/ensure.ts';
import type { Surroundings } from './command.ts';

/** Starts the scheduler when there are schedules that nobody minds, as after a restart of the machine; a failure is told and stops nothing. */
export async function mindSchedules({ home, stderr }: Surroundings): Promise<void> {
  await ensureScheduler(home).catch((error: unknown) => {
    stderr.write(`The schedules are not minded: ${toCoworkError(error).message}\n`);
  });
}
