import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Accelerator = 'kvm' | 'hvf' | 'tcg';

/** The program that runs micro-VMs. */
export const QEMU = 'qemu-system-x86_64';

/** Whether a program is on the PATH and may be run. */
export function isOnPath(program: string, path: string = process.env.PATH ?? ''): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}
