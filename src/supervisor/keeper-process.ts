import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Claim, Ready } from '../keeper/spare.ts';
import { FILE_MODE } from '../store/folders.ts';
import { builtProgram } from '../store/package-root.ts';
import { isAlive, type ProcessIdentity, processIdentity } from '../store/process-identity.ts';
import { keeperLog, supervisorLog } from '../team/paths.ts';

/** What is started beside a command and outlives it. */
export type HostProgram = 'keeper.mjs' | 'supervisor.mjs' | 'scheduler.mjs';

/** A process that was started and is not ours to wait for: it outlives us. */
export interface StartedProcess {
  readonly identity: ProcessIdentity | undefined;
  readonly hasExited: () => boolean;
}

/** Room for what a start throws away, in MiB: with Node's 1 MiB half of its collections happen while the modules load. */
const NODE_FLAGS = ['--min-semi-space-size=16'];

/** Starts a program of the package in a session of its own, its output in `logFile`. `onExit` is called while we live. */
export function startDetached(
  program: HostProgram,
  args: string[],
  logFile: string,
  onExit: () => void = () => {},
): StartedProcess {
  const log = openSync(logFile, 'a', FILE_MODE);
  try {
    const child = spawn(process.execPath, [...NODE_FLAGS, builtProgram(program), ...args], {
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

/** A keeper that stands by; it leaves by itself when we are gone. */
export interface StandbyProcess extends StartedProcess {
  isReady(): boolean;
  /** Makes it the keeper of an incarnation, which outlives us. */
  claim(claim: Claim, onExit: () => void): void;
  leave(): void;
  kill(): void;
}

/** Starts a keeper that stands by for whoever is next. */
export function startStandby(
  of: { home: string; team: string; dir: string },
  on: { ready: (said: Ready) => void; exited: () => void },
): StandbyProcess {
  const log = openSync(supervisorLog(of.dir), 'a', FILE_MODE);
  try {
    const child = spawn(process.execPath, [...NODE_FLAGS, builtProgram('keeper.mjs'), of.home, of.team], {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    let isReady = false;
    let hasExited = false;
    const listeners = [on.exited];
    const exited = () => {
      hasExited = true;
      for (const listener of listeners) listener();
    };
    child.once('message', (said: Ready) => {
      isReady = true;
      on.ready(said);
    });
    child.once('exit', exited);
    child.once('error', exited);
    child.unref();
    child.channel?.unref();
    return {
      identity: child.pid === undefined ? undefined : processIdentity(child.pid),
      hasExited: () => hasExited,
      isReady: () => isReady && !hasExited && child.connected,
      claim: (claim, claimedExit) => {
        listeners.push(claimedExit);
        // Once it has the message it needs us no more; one that did not get it leaves, and is seen to end.
        child.send(claim, () => child.disconnect());
      },
      leave: () => {
        if (child.connected) child.disconnect();
      },
      kill: () => void child.kill('SIGKILL'),
    };
  } finally {
    closeSync(log);
  }
}

/** Starts the keeper of one incarnation. */
export function startKeeper(
  of: { home: string; team: string; dir: string; agent: string; incarnation: number; mayRest: boolean },
  onExit: () => void,
): StartedProcess {
  const log = keeperLog(of.dir, of.agent);
  const args = [of.home, of.team, of.agent, String(of.incarnation), ...(of.mayRest ? ['may-rest'] : [])];
  return startDetached('keeper.mjs', args, log, onExit);
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
