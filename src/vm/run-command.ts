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
}

const KEPT = 64 * 1024;

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
      ...(options.signal ? { signal: options.signal } : {}),
    });
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
      resolve({ code, signal, output, isTooLate });
    });
  });
}
