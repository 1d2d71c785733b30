import { CoworkError, toCoworkError } from '../protocol/errors.ts';
import type { TeamRecord } from '../team/team.ts';
import { findAccelerator, isOnPath } from '../vm/accelerator.ts';
import { findImage } from '../vm/image/image.ts';

/**
 * Refuses when no virtual machine can run here, and finds out what drives them, once for all agents to come. Nothing is done without one in its
 * place: only `--sandbox none` says that. Throws SANDBOX_UNAVAILABLE with the reason and its cure.
 */
export async function assertMachineCanRun(
  home: string,
  { images, image }: Pick<TeamRecord, 'images' | 'image'>,
): Promise<void> {
  try {
    findImage(images, image);
    await findAccelerator({ home });
    if (!isOnPath('setpriv')) {
      throw new CoworkError(
        'SANDBOX_UNAVAILABLE',
        'setpriv is not on the PATH: a VM would outlive its keeper.',
        {
          hint: "Install Debian's util-linux.",
        },
      );
    }
  } catch (thrown) {
    const { message, hint } = toCoworkError(thrown);
    throw new CoworkError('SANDBOX_UNAVAILABLE', `No virtual machine can run here: ${message}`, {
      hint: `${hint} To run the agents on this host without any isolation, say --sandbox none.`,
      cause: thrown,
    });
  }
}
