import { readdirSync, readFileSync } from 'node:fs';
import { type ProcessIdentity, processIdentity } from './process-identity.ts';

/**
 * Ends every process that was started with `name=value` in its environment, and all that inherited it, whatever session
 * they have put themselves into. The value must be one that nobody else has. Source: proc_pid_environ(5).
 */
export function endMarkedProcesses(name: string, value: string): void {
  // Again until none is found: one may have forked between the look and the signal.
  for (let round = 0; round < 10; round++) {
    const marked = markedProcesses(`${name}=${value}`);
    if (marked.length === 0) return;
    for (const { pid } of marked) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended between the look and the signal, which is what was wanted.
      }
    }
  }
}

function markedProcesses(mark: string): ProcessIdentity[] {
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || !hasMark(pid, mark)) return [];
    const identity = processIdentity(pid); // none for a zombie
    return identity === undefined ? [] : [identity];
  });
}

function hasMark(pid: number, mark: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`.includes(`\0${mark}\0`);
  } catch {
    return false; // it has just ended, or belongs to somebody else
  }
}
