import { findAccelerator } from '../vm/accelerator.ts';
import { findImage } from '../vm/image/image.ts';

/**
 * Refuses when no virtual machine can run here, and finds out what drives them, once for all agents to come.
 * Throws QEMU_MISSING, IMAGE_MISSING.
 */
export async function assertMachineCanRun(home: string, images: string): Promise<void> {
  findImage(images);
  await findAccelerator({ home });
}
