import { type ChildProcess, spawn } from 'node:child_process';
import { CoworkError } from '../../protocol/errors.ts';

/** What a program that fetches something said. */
export interface Ran {
  code: number | null;
  stdout: string;
  /** Its last words. */
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  limitMs?: number;
  /** Longest stdout in bytes; more ends the program. */
  maxBytes?: number;
  /** Asked every quarter of a second; an answer ends the program with that reason. */
  watch?: () => string | undefined;
  /** Given each part of stdout instead of keeping it; an answer ends the program with that reason. */
  onData?: (part: Buffer) => string | undefined;
}

/** Runs a program to its end, without a shell and without input. Throws PLUGIN_FETCH_FAILED when it can't start, takes too long or too much. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const { limitMs = 300_000, maxBytes = 64 * 1024 * 1024, watch, onData } = options;
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let ended: string | undefined;
  const end = (reason: string): void => {
    ended ??= reason;
    killGroup(child);
  };
  const onAbort = () => end('it was stopped');
  options.signal?.addEventListener('abort', onAbort);
  const timer = setTimeout(() => end(`it took over ${Math.round(limitMs / 1000)} s`), limitMs);
  const watcher = setInterval(() => {
    const reason = watch?.();
    if (reason !== undefined) end(reason);
  }, 250);
  const parts: Buffer[] = [];
  let size = 0;
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => {
    const reason = onData?.(part);
    if (reason !== undefined) end(reason);
    if (onData !== undefined) return;
    size += part.length;
    if (size > maxBytes) end(`it said more than ${maxBytes} bytes`);
    else parts.push(part);
  });
  child.stderr.on('data', (part: Buffer) => {
    stderr = (stderr + part.toString()).slice(-4096);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) =>
        reject(
          new CoworkError('PLUGIN_FETCH_FAILED', `${command} can't be started: ${error.message}.`, {
            cause: error,
          }),
        ),
      );
      child.once('close', resolve);
    });
    const last = watch?.();
    if (ended ?? last)
      throw new CoworkError('PLUGIN_FETCH_FAILED', `${command} was ended: ${ended ?? last}.`);
    return { code, stdout: Buffer.concat(parts).toString(), stderr: stderr.trim() };
  } finally {
    clearTimeout(timer);
    clearInterval(watcher);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** With what it started itself: git has helpers. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
