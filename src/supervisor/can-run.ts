import { CoworkError } from '../protocol/errors.ts';
import { isOnPath, QEMU } from '../vm/accelerator.ts';
import { findImage } from '../vm/image/image.ts';

/** Refuses when no virtual machine can run here. Throws QEMU_MISSING, IMAGE_MISSING. */
export function assertMachineCanRun(images: string): void {
  if (!isOnPath(QEMU)) throw new CoworkError('QEMU_MISSING', `${QEMU} is not on the PATH.`);
  findImage(images);
}
