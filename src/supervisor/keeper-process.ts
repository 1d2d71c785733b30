import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { FILE_MODE } from '../store/folders.ts';
import { builtProgram } from '../store/package-root.ts';
import { isAlive, type ProcessIdentity, processIdentity } from '../store/process-identity.ts';
import { keeperLog } from '../team/paths.ts';

/** What is started beside a command and outlives it. */
export type HostProgram = 'keeper.mjs' | 'supervisor.mjs' | 'scheduler.mjs';

/** A process that was started and is not ours to wait for: it outlives us. */
export interface StartedProcess {
  readonly identity: ProcessIdentity | undefined;
  readonly hasExited: () => boolean;
}

/** Starts a program of the package in a session of its own, its output in `logFile`. `onExit` is called while we live. */
export function startDetached(
  program: HostProgram,
  args: string[],
  logFile: string,
  onExit: () => void = () => {},
): StartedProcess {
  const log = openSync(logFile, 'a', FILE_MODE);
  try {
    const child = spawn(process.execPath, [builtProgram(program), ...args], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    let hasExited = false;
    const exited = () => {
      hasExited = true;
      onExit();
    };
    child.once('exit', exited);
    child.once('error', exited);
    child.unref();
    return {
      identity: child.pid === undefined ? undefined : processIdentity(child.pid),
      hasExited: () => hasExited,
    };
  } finally {
    closeSync(log);
  }
}

/** Starts the keeper of one incarnation. */
export function startKeeper(
  of: { home: string; team: string; dir: string; agent: string; incarnation: number },
  onExit: () => void,
): StartedProcess {
  const log = keeperLog(of.dir, of.agent);
  return startDetached('keeper.mjs', [of.home, of.team, of.agent, String(of.incarnation)], log, onExit);
}

/** Ends a process that the ledger names, if it is still the same one. */
export function killIfSame(identity: ProcessIdentity | undefined, signal: NodeJS.Signals): void {
  if (identity === undefined || !isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It ended between the look and the signal, which is what was wanted.
  }
}
