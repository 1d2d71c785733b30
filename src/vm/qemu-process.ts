import pty, { type IPty } from 'node-pty';
import { isAlive, isStopped, processIdentity } from '../store/process-identity.ts';
import type { Cell, QemuExit } from './cell.ts';

/** A QEMU process in its confinement, on a pseudo-terminal of its own, which is the agent's terminal. */
export interface QemuProcess {
  readonly console: IPty;
  /** QEMU's own number, or that of the program which becomes its parent, as long as QEMU is not known. */
  pid(): number;
  /** QEMU runs: `pid` is its own from here on. */
  isUp(): void;
  /** Ends it at once; nothing happens when it has ended. */
  kill(): void;
  /** What came last over the console; before the guest runs these are QEMU's words. */
  lastWords(): string;
  /** Resolves when the first byte came over the console. */
  readonly firstByte: Promise<void>;
  readonly ended: Promise<QemuExit>;
}

export interface QemuProcessOptions {
  cell: Cell;
  arguments: readonly string[];
  cols: number;
  rows: number;
  /** Ends it. */
  signal: AbortSignal | undefined;
}

const WORDS_MAX = 2_000;
/** How long a process may take to heed a stop signal, ms. */
const STOP_MS = 1_000;
const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4));

export function startQemu({ cell, cols, rows, signal, ...options }: QemuProcessOptions): QemuProcess {
  const { file, args, env } = cell.command(options.arguments);
  const console = pty.spawn(file, args, { cols, rows, env, name: 'xterm-256color' });
  const firstByte = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<QemuExit>();
  let pid: number | undefined;
  let said = '';
  let hasEnded = false;
  const kill = (): void => {
    if (hasEnded) return; // its number may be somebody else's
    // Until QEMU is known: a child that has not tied its life to its parent yet would go on alone.
    if (pid === undefined) stopBegetting(console.pid);
    const whom = pid === undefined ? [cell.qemuPid(console.pid), console.pid] : [pid];
    for (const each of whom) signalProcess(each, 'SIGKILL');
  };
  console.onData((text) => {
    firstByte.resolve();
    said = (said + text).slice(-WORDS_MAX);
  });
  console.onExit(({ exitCode, signal: number }) => {
    hasEnded = true;
    signal?.removeEventListener('abort', kill);
    ended.resolve(cell.exitOf({ code: exitCode, signal: number || undefined }));
  });
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();
  return {
    console,
    kill,
    pid: () => pid ?? console.pid,
    isUp: () => {
      pid = cell.qemuPid(console.pid);
    },
    lastWords: () => said,
    firstByte: firstByte.promise,
    ended: ended.promise,
  };
}

/** A signal is sent before it is heeded: only who stands still begets nobody any more. Waits for that, which is no time but on a busy host. */
function stopBegetting(pid: number): void {
  const starter = processIdentity(pid);
  if (starter === undefined) return;
  signalProcess(pid, 'SIGSTOP');
  const deadline = performance.now() + STOP_MS;
  while (isAlive(starter) && !isStopped(starter) && performance.now() < deadline) {
    Atomics.wait(NOBODY_WAKES, 0, 0, 0.2);
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already, which is what was wanted
  }
}
