import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** What the guest must get to within this time, milliseconds. */
const LIMIT_MS = 2_000;

/** The guest's word that it ran: QEMU's isa-debug-exit makes its exit code `2 * value + 1`. */
const VALUE = 0x2a;

/**
 * Boots the smallest guest there is, a boot sector that counts down from a million and then ends QEMU, and returns why
 * that failed, or undefined. It goes through the firmware as real guests do: a kvm that only pretends hangs there.
 */
export async function probeBoot(
  qemu: string,
  accelerator: 'kvm' | 'hvf' | 'tcg',
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'cowork-probe-'));
  try {
    const disk = join(folder, 'disk');
    writeFileSync(disk, bootSector());
    const cpu = accelerator === 'tcg' ? 'qemu64' : 'host';
    const machine = [
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-no-reboot',
      '-m',
      '32',
      '-machine',
      'pc',
    ];
    const drive = [
      '-drive',
      `format=raw,file=${disk},if=ide`,
      '-device',
      'isa-debug-exit,iobase=0xf4,iosize=1',
    ];
    const result = await runCommand(qemu, [...machine, ...drive, '-accel', accelerator, '-cpu', cpu], {
      limitMs: LIMIT_MS,
    });
    if (result.code === 2 * VALUE + 1) return undefined;
    if (result.isTooLate) return `a guest did not boot within ${LIMIT_MS / 1000} s`;
    const words = result.output.trim().split('\n').at(-1)?.slice(0, 200);
    return `QEMU ended with ${result.code ?? result.signal}${words ? ` (${words})` : ''}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** 512 bytes that firmware loads at 0x7c00: `mov ecx, 1000000; loop: dec ecx; jnz loop; mov al, VALUE; out 0xf4, al; hlt`. */
function bootSector(): Buffer {
  const sector = Buffer.alloc(512);
  Buffer.from([
    0x66,
    0xb9,
    0x40,
    0x42,
    0x0f,
    0x00,
    0x66,
    0x49,
    0x75,
    0xfc,
    0xb0,
    VALUE,
    0xe6,
    0xf4,
    0xf4,
  ]).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
