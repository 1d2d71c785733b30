import type { Accelerator } from './accelerator.ts';
import { type Architecture, HOST_ARCHITECTURE } from './architecture.ts';
import type { Image } from './image/image.ts';
import type { PortName, Ports } from './ports.ts';

/** The number under which QEMU has the saved state open: its system call filter lets it start no program that could read it. */
export const STATE_FD = 9;

/**
 * How a machine comes to life: `boot` starts the kernel; `record` does, too, with all memory in a file, so that what it has become can be
 * kept as a template; `restore` goes on where a recorded one was saved, each page of the file copied when it is written to.
 */
export type Birth = 'boot' | 'record' | 'restore';

export interface MachineShape {
  image: Pick<Image, 'kernel' | 'root'>;
  /** The initramfs with the agent in it. */
  initrd: string;
  ports: Pick<Ports, 'path'>;
  accelerator: Accelerator;
  /** Default: the host's. */
  architecture?: Architecture;
  memoryMiB: number;
  name: string;
  /** Where QEMU finds a file or socket of the host. */
  inside: (path: string) => string;
  birth: Birth;
  /** The file of the guest's memory, unless it boots. */
  memoryFile?: string | undefined;
}

/** Serial ports that the guest finds by name; the numbers are fixed so that snapshots of machines stay alike. */
const GUEST_PORTS = [
  { port: 'gate', number: 1 },
  { port: 'files', number: 2 },
  { port: 'status', number: 3 },
] as const;

/** Options that keep QEMU from doing anything but run this machine. */
export const CONFINED = [
  '-nodefaults',
  '-no-user-config',
  '-display',
  'none',
  '-no-reboot',
  '-sandbox',
  'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
];

/**
 * QEMU's arguments for an agent's machine: one processor, a read-only disk, a source of randomness, serial ports, nothing else.
 * One processor, because under software emulation a second one costs more time than it gives, the more so when several VMs share the host.
 */
export function qemuArguments(shape: MachineShape): string[] {
  const { image, ports, memoryMiB, inside, birth, architecture = HOST_ARCHITECTURE } = shape;
  const isBoot = birth === 'boot';
  const socket = (port: PortName) => escaped(inside(ports.path(port)));
  return [
    ...CONFINED,
    ...['-name', shape.name],
    ...['-machine', `${architecture.machine}${isBoot ? '' : ',memory-backend=memory'}`],
    ...(isBoot ? [] : ['-object', memoryBackend(shape)]),
    ...(birth === 'restore' ? ['-incoming', 'defer'] : []),
    ...['-accel', accelerate(shape.accelerator)],
    ...['-cpu', shape.accelerator === 'tcg' ? architecture.emulatedCpu : 'host'],
    ...['-smp', '1', '-m', String(memoryMiB), '-rtc', `base=${isBoot ? 'utc' : TEMPLATE_TIME}`],
    ...['-kernel', inside(image.kernel), '-append', commandLine(shape)],
    // A restored guest has unpacked it long ago.
    ...(birth === 'restore' ? [] : ['-initrd', inside(shape.initrd)]),
    ...['-drive', `if=none,id=root,format=raw,readonly=on,file=${escaped(inside(image.root))}`],
    ...['-device', 'virtio-blk-pci,drive=root'],
    ...['-device', 'virtio-rng-pci'],
    ...['-device', 'virtio-serial-pci,id=serial,max_ports=8'],
    ...['-chardev', 'stdio,id=console,signal=off', '-device', 'virtconsole,chardev=console,nr=0'],
    ...GUEST_PORTS.flatMap(({ port, number }) => [
      '-chardev',
      `socket,id=${port},path=${socket(port)}`,
      '-device',
      `virtserialport,chardev=${port},name=cowork.${port},nr=${number}`,
    ]),
    ...['-chardev', `socket,id=kernel,path=${socket('kernel')}`, '-serial', 'chardev:kernel'],
    ...['-chardev', `socket,id=qmp,path=${socket('qmp')}`, '-mon', 'chardev=qmp,mode=control'],
  ];
}

/** Long ago, so that the clock jumps when a machine becomes somebody's: OpenSSL in programs that ran before then takes fresh randomness. */
const TEMPLATE_TIME = '2020-01-01T00:00:00';

function memoryBackend({ memoryFile = '', memoryMiB, birth, inside }: MachineShape): string {
  const share = birth === 'record' ? 'on' : 'off';
  return `memory-backend-file,id=memory,size=${memoryMiB}M,mem-path=${escaped(inside(memoryFile))},share=${share}`;
}

function accelerate(accelerator: Accelerator): string {
  return accelerator === 'tcg' ? 'tcg,thread=multi,tb-size=128' : accelerator;
}

/**
 * What the kernel need not do in a guest without network, keys and hardware: self tests of ciphers, certificates, tracing, suspend.
 * Measured under software emulation with the options of `commandLine`: 8.0 s of processor time from start to agent became 6.5 s.
 */
const NOT_NEEDED = [
  'init_kprobe_trace',
  'load_system_certificate_list',
  'crypto_kdf108_init',
  'init_ima',
  'init_encrypted',
  'snapshot_device_init',
  'inet6_init',
  'cubictcp_register',
  'pcie_portdrv_init',
  'hugetlb_init',
];

/**
 * The kernel's options: quiet, no waiting for what is not there, power off at a panic. The guards of the kernel against its own processes are off:
 * the agent is root in there, and the border is QEMU.
 */
function commandLine({ birth, architecture = HOST_ARCHITECTURE }: MachineShape): string {
  return [
    architecture.kernelOptions,
    'quiet loglevel=1 panic=-1 random.trust_cpu=on',
    'mitigations=off rodata=off lsm= audit=0 cryptomgr.notests',
    `initcall_blacklist=${NOT_NEEDED.join(',')}`,
    ...(birth === 'boot' ? [] : ['cowork.template']),
  ].join(' ');
}

/** QEMU's option lists take a comma for the next option unless it is doubled. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,');
}
