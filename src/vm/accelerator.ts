import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import { CoworkError } from '../protocol/errors.ts';
import { coworkHome } from '../team/paths.ts';
import { HOST_ARCHITECTURE } from './architecture.ts';
import { fileIdentity } from './file-identity.ts';
import { probeBoot } from './probe-boot.ts';
import { runCommand } from './run-command.ts';

const ACCELERATORS = ['kvm', 'hvf', 'tcg'] as const;
export type Accelerator = (typeof ACCELERATORS)[number];

/** The program that runs micro-VMs. */
export const { qemu: QEMU } = HOST_ARCHITECTURE;

/** What runs the guests' instructions on this machine, and how that was found. */
export interface AcceleratorChoice {
  accelerator: Accelerator;
  reason: string;
}

const cacheShape = z.object({
  /** What the answer holds for: QEMU's program, the kernel and its boot. */
  key: z.string(),
  /** QEMU's version. */
  qemu: z.string(),
  accelerator: z.enum(ACCELERATORS),
  reason: z.string(),
});

export interface AcceleratorOptions {
  /** Where the answer is kept; default `COWORK_HOME`. */
  home?: string;
  env?: NodeJS.ProcessEnv;
  /** Ask again although an answer is kept. */
  fresh?: boolean;
  /** The device of kvm; a test names another. */
  kvmDevice?: string;
}

/**
 * The fastest accelerator that really boots a guest here: kvm, else hvf, else tcg (software). A device that exists can still hang every guest, so
 * each is tried, for at most 2 s. The answer is kept in `$COWORK_HOME/accelerator.json` until QEMU, the kernel or the boot of the host is another.
 * `COWORK_ACCELERATOR` decides without trying. Throws QEMU_MISSING, QEMU_TOO_OLD, USAGE for an accelerator that there is none of.
 */
export async function findAccelerator(options: AcceleratorOptions = {}): Promise<AcceleratorChoice> {
  const env = options.env ?? process.env;
  const forced = forcedAccelerator(env.COWORK_ACCELERATOR);
  if (forced && (await qemuVersion())) return { accelerator: forced, reason: 'COWORK_ACCELERATOR says so' };
  const program = qemuProgram();
  const key = `${program.identity} · ${release()} · ${bootId()}`;
  const file = join(options.home ?? coworkHome(env), 'accelerator.json');
  const kept = options.fresh ? undefined : readCache(file);
  if (kept?.key === key) {
    versions.set(program.identity, kept.qemu);
    return { accelerator: kept.accelerator, reason: kept.reason };
  }
  const qemu = await qemuVersion();
  const choice = await probe(options.kvmDevice ?? '/dev/kvm');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify({ key, qemu, ...choice })}\n`, { mode: 0o600 });
  return choice;
}

function forcedAccelerator(asked: string | undefined): Accelerator | undefined {
  if (asked === undefined || asked === '') return undefined;
  const known = ACCELERATORS.find((name) => name === asked);
  if (known !== undefined) return known;
  throw new CoworkError('USAGE', `COWORK_ACCELERATOR is ${JSON.stringify(asked)}, which is no accelerator.`, {
    hint: `Set it to ${ACCELERATORS.join(', ')}, or unset it, and the fastest that works is found.`,
  });
}

/** QEMU's version and build, as `7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`. Throws QEMU_MISSING, QEMU_TOO_OLD. */
export async function qemuVersion(): Promise<string> {
  const { identity } = qemuProgram();
  const version = versions.get(identity) ?? (await askVersion());
  versions.set(identity, version);
  return version;
}

/** Versions of QEMU's program by its identity: asking it takes longer than anything else before a machine's start, 25 ms. */
const versions = new Map<string, string>();

function qemuProgram(): { identity: string } {
  const path = programPath(QEMU);
  if (path === undefined) throw new CoworkError('QEMU_MISSING', `${QEMU} is not on the PATH.`);
  return { identity: `${path} ${fileIdentity(path)}` };
}

async function askVersion(): Promise<string> {
  const { output } = await runCommand(QEMU, ['--version']);
  const version = /version (.+)/.exec(output)?.[1];
  if (!version)
    throw new CoworkError('QEMU_MISSING', `${QEMU} does not start: ${output.trim().slice(0, 200)}`);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new CoworkError(
      'QEMU_TOO_OLD',
      `${QEMU} is ${version}; ${OLDEST.join('.')} is the oldest that works.`,
    );
  }
  return version;
}

const OLDEST = [7, 2] as const;

/** Whether a program is on the PATH and may be run. */
export function isOnPath(program: string, path?: string): boolean {
  return programPath(program, path) !== undefined;
}

/** Where a program is that may be run, by the PATH. */
export function programPath(program: string, path: string = process.env.PATH ?? ''): string | undefined {
  const candidates = path.split(delimiter).map((folder) => join(folder, program));
  return candidates.find((candidate) => canAccess(candidate, constants.X_OK));
}

async function probe(kvmDevice: string): Promise<AcceleratorChoice> {
  const [candidate, obstacle] =
    process.platform === 'darwin'
      ? (['hvf', undefined] as const)
      : (['kvm', kvmObstacle(kvmDevice)] as const);
  if (obstacle) return { accelerator: 'tcg', reason: `software emulation: ${obstacle}` };
  const failure = await probeBoot(HOST_ARCHITECTURE, candidate);
  if (failure)
    return { accelerator: 'tcg', reason: `software emulation: ${candidate} is there, but ${failure}` };
  return { accelerator: candidate, reason: `a guest booted with ${candidate}` };
}

function kvmObstacle(device: string): string | undefined {
  if (!canAccess(device, constants.F_OK)) return `there is no ${device}`;
  if (!canAccess(device, constants.R_OK | constants.W_OK)) return `this user may not open ${device}`;
  return undefined;
}

function canAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** Changes with every boot of the host, after which other hardware may be below it. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return ''; // not Linux: the kernel's release must do
  }
}

function readCache(file: string): z.infer<typeof cacheShape> | undefined {
  try {
    return cacheShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // none yet, or not ours: it is asked again
  }
}
