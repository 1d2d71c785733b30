import { readFileSync } from 'node:fs';

/** One process, told apart from any other that gets the same number later. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in clock ticks since the boot. */
  startTime: number;
  /** Which boot of the machine. */
  bootId: string;
}

let boot: string | undefined;

/** Reads who has the number `pid` now; undefined when nobody has, or only a zombie. Source: proc_pid_stat(5). */
export function processIdentity(pid: number = process.pid): ProcessIdentity | undefined {
  const fields = readStat(pid);
  const state = fields?.[0];
  if (fields === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, startTime: Number(fields[19]), bootId: bootId() };
}

/** Whether somebody has stopped that process with a signal or a debugger: it lives, and does nothing. */
export function isStopped(identity: ProcessIdentity): boolean {
  return isAlive(identity) && /^[Tt]$/.test(readStat(identity.pid)?.[0] ?? '');
}

/** The number of a process' parent; undefined when nobody has the number `pid`. */
export function parentOf(pid: number): number | undefined {
  const fields = readStat(pid);
  return fields === undefined ? undefined : Number(fields[1]);
}

/** The fields from the third on. */
function readStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces and brackets: count from the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // ENOENT, or ESRCH when it ends while we read: nobody has the number
  }
}

/** Whether that very process still runs; one that is paused does. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = processIdentity(identity.pid);
  return now !== undefined && isSameProcess(now, identity);
}

export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId;
}

/** Whether a value that was read from a file has the shape of an identity. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime, bootId } = value as Partial<ProcessIdentity>; // each field is checked below
  return Number.isSafeInteger(pid) && Number.isSafeInteger(startTime) && typeof bootId === 'string';
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const own = processIdentity();
  if (own === undefined) throw new Error('/proc does not show this process');
  return own;
}

function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}
