/** What differs between machines by the processor of the host, which is the guest's, too. */
export interface Architecture {
  /** QEMU's program. */
  qemu: string;
  /** QEMU's machine with its options. */
  machine: string;
  /** The processor that software emulation plays. */
  emulatedCpu: string;
  /** Debian's name of it, as in the names of kernel packages. */
  debian: string;
  /** Options of the kernel: where its log goes, and what this hardware lets it leave out. */
  kernelOptions: string;
  /** The smallest guest that shows that one runs. */
  probe: ProbeGuest;
}

/** A guest that counts down from a million and ends QEMU. */
interface ProbeGuest {
  program: Buffer;
  /** QEMU's arguments to run it from a file. */
  arguments(file: string): string[];
  /** QEMU's exit code when it ran to its end. */
  exitCode: number;
}

/** The value that the guest of a PC writes to QEMU's isa-debug-exit, which ends QEMU with `2 * value + 1`. */
const EXIT_VALUE = 0x2a;

const X64: Architecture = {
  qemu: 'qemu-system-x86_64',
  machine: 'q35,usb=off,graphics=off,vmport=off,smbus=off,sata=off',
  emulatedCpu: 'qemu64',
  debian: 'amd64',
  kernelOptions: 'console=ttyS0 8250.nr_uarts=1 reboot=t no_timer_check tsc=reliable',
  probe: {
    program: bootSector(),
    // Through the firmware, as real guests go: a kvm that only pretends hangs there.
    arguments: (file) => [
      ...['-machine', 'pc', '-drive', `format=raw,file=${file},if=ide`],
      ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
    ],
    exitCode: 2 * EXIT_VALUE + 1,
  },
};

const ARM64: Architecture = {
  qemu: 'qemu-system-aarch64',
  machine: 'virt,usb=off,graphics=off,gic-version=max',
  emulatedCpu: 'cortex-a72',
  debian: 'arm64',
  kernelOptions: 'console=ttyAMA0',
  probe: {
    program: flatProgram(),
    arguments: (file) => ['-machine', 'virt,gic-version=max', '-kernel', file],
    exitCode: 0,
  },
};

/** That of this host. VMs are tried on x86-64 only; on other processors than these two nothing is to be expected. */
export const HOST_ARCHITECTURE: Architecture = architectureOf(process.arch);

export function architectureOf(arch: NodeJS.Architecture): Architecture {
  return arch === 'arm64' ? ARM64 : X64;
}

/**
 * 512 bytes that the firmware of a PC loads at 0x7c00:
 * `mov ecx, 1000000; loop: dec ecx; jnz loop; mov al, EXIT_VALUE; out 0xf4, al; hlt`.
 */
function bootSector(): Buffer {
  const sector = Buffer.alloc(512);
  const code = '66b940420f00 6649 75fc b0__ e6f4 f4'
    .replace('__', EXIT_VALUE.toString(16))
    .replaceAll(' ', '');
  sector.write(code, 'hex');
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/**
 * What QEMU's machine `virt` enters as a kernel without a header:
 * `movz w1, 0x4240; movk w1, 0xf, lsl 16; loop: subs w1, w1, 1; b.ne loop; movz w0, 8; movk w0, 0x8400, lsl 16; hvc 0`, which is PSCI's SYSTEM_OFF.
 */
function flatProgram(): Buffer {
  const code = Buffer.alloc(7 * 4);
  const words = [0x52884801, 0x72a001e1, 0x71000421, 0x54ffffe1, 0x52800100, 0x72b08000, 0xd4000002];
  for (const [index, word] of words.entries()) code.writeUInt32LE(word, index * 4);
  return code;
}
