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
