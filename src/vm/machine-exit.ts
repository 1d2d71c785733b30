import type { CoworkError } from '../protocol/errors.ts';
import type { QemuExit } from './cell.ts';

/** Why a machine ended. */
export interface MachineExit {
  /** The agent's exit code (128 + N for signal N), or null when it did not get to one. */
  code: number | null;
  qemu: QemuExit;
  /** In words, for the team's log. */
  reason: string;
}

/** Says why a machine ended, by the first of these that is known: what we ended it for, the agent's code, our own order, a panic, QEMU's words. */
export function exitReason(
  exit: Pick<MachineExit, 'code' | 'qemu'>,
  known: { isStopping: boolean; failure: CoworkError | undefined; kernelLog: string; said: string },
): string {
  if (known.failure) return known.failure.message;
  if (exit.code !== null) return `the agent exited with ${exit.code}`;
  if (known.isStopping) return 'stopped';
  const panic = /(cowork: .*|Kernel panic.*)/.exec(known.kernelLog)?.[1]?.trim();
  if (panic) return panic;
  if (exit.qemu.signal) return `QEMU was ended by signal ${exit.qemu.signal}`;
  const words = known.said.trim().split('\n').at(-1)?.trim();
  return `QEMU exited with ${exit.qemu.code}${words ? `: ${words}` : ''}`;
}
