import { CoworkError } from '../protocol/errors.ts';
import { errorCode } from '../store/folders.ts';

/** What kept a machine from being started, as a coded error: DISK_FULL, else VM_START_FAILED with the cause's words. */
export function startFailure(thrown: unknown): CoworkError {
  if (thrown instanceof CoworkError) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  if (errorCode(thrown) === 'ENOSPC') {
    return new CoworkError('DISK_FULL', `The disk ran full while a VM was started: ${why}`, {
      hint: 'Make room there, or set TMPDIR to a folder on another disk.',
      cause: thrown,
    });
  }
  return new CoworkError('VM_START_FAILED', `The VM was not started: ${why}`, { cause: thrown });
}
