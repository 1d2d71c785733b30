import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { runCommand } from './run-command.ts';

/** What the guest must get to within this time, milliseconds. */
const LIMIT_MS = 2_000;

/**
 * Boots the smallest guest there is, a program that counts down from a million and then ends QEMU, and returns why
 * that failed, or undefined.
 */
export async function probeBoot(
  { qemu, emulatedCpu, probe }: Architecture,
  accelerator: 'kvm' | 'hvf' | 'tcg',
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'cowork-probe-'));
  try {
    const guest = join(folder, 'guest');
    writeFileSync(guest, probe.program);
    const cpu = accelerator === 'tcg' ? emulatedCpu : 'host';
    const bare = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '64'];
    const result = await runCommand(
      qemu,
      [...bare, ...probe.arguments(guest), '-accel', accelerator, '-cpu', cpu],
      {
        limitMs: LIMIT_MS,
      },
    );
    if (result.code === probe.exitCode) return undefined;
    if (result.isTooLate) return `a guest did not boot within ${LIMIT_MS / 1000} s`;
    const words = result.output.trim().split('\n').at(-1)?.slice(0, 200);
    return `QEMU ended with ${result.code ?? result.signal}${words ? ` (${words})` : ''}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
