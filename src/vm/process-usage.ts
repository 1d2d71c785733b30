import { readFileSync } from 'node:fs';

/** Processor time that a process has used, seconds in steps of 0.01; 0 when it is gone or the host is not Linux. Source: proc(5). */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** Memory that a process holds, in bytes; 0 when it is gone or the host is not Linux. Pages that it shares with others count, too. Source: proc(5). */
export function residentBytes(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}
