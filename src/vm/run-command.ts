import { spawn } from 'node:child_process';

/** What a program left behind: its exit code (null when a signal ended it) and its last 64 KiB of output, both streams mixed. */
export interface CommandResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  /** Whether it was killed because its time was up. */
  isTooLate: boolean;
}

export interface CommandOptions {
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  /** Milliseconds after which it is killed; default none. */
  limitMs?: number;
  /**
   * Runs it in a process group of its own, and on the abort asks for the end of that group, all that it has started, by calling this with a signal and
   * the group's number; it is waited for then, and killed when it takes too long. Without it the program alone is told, and not waited for.
   */
  endGroup?: (name: 'TERM' | 'KILL', group: number) => void;
}

const KEPT = 64 * 1024;
/** How long a group that was told to end may take to clear away what it has mounted, in milliseconds. */
const END_MS = 30_000;

/** Runs a program without a shell and without input until it ends; a missing program is thrown as the error ENOENT. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.endGroup !== undefined,
      ...(options.signal && options.endGroup === undefined ? { signal: options.signal } : {}),
    });
    let killing: NodeJS.Timeout | undefined;
    const end = (): void => {
      const { pid } = child;
      if (pid === undefined) return;
      options.endGroup?.('TERM', pid);
      killing = setTimeout(() => options.endGroup?.('KILL', pid), END_MS);
    };
    options.signal?.addEventListener('abort', end);
    let output = '';
    let isTooLate = false;
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT);
    };
    const timer = options.limitMs
      ? setTimeout(() => {
          isTooLate = true;
          child.kill('SIGKILL');
        }, options.limitMs)
      : undefined;
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(killing);
      options.signal?.removeEventListener('abort', end);
      resolve({ code, signal, output, isTooLate });
    });
  });
}
