import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';

/** How a program of an extension ended. */
export interface ShellEnd {
  /** Null when it was ended: by a signal, its time, or an interrupt. */
  code: number | null;
  /** Why it has no exit code, in words; empty when it has one. */
  why: string;
  stdout: string;
  stderr: string;
}

export interface ShellOptions {
  cwd: string;
  env: Record<string, string>;
  input?: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Runs `command` with these arguments and no shell syntax in it. */
  args?: readonly string[] | undefined;
}

/** Most bytes of output that are kept, of each stream. */
const OUTPUT_MAX = 256 * 1024;
/** How long a group that was told to end has before it is killed, milliseconds. */
const GRACE_MS = 2_000;
/** How long what it left behind may go on writing, milliseconds. */
const LEFT_BEHIND_MS = 500;

/**
 * Runs a command of an extension in a shell, in a process group of its own that ends with it. It is a shell in any case: in a
 * machine that is what puts a program under the limits of tools.
 */
export function runShell(command: string, options: ShellOptions): Promise<ShellEnd> {
  const { cwd, env, input = '', timeoutMs, signal, args } = options;
  const words = args === undefined ? ['-c', command] : ['-c', 'exec "$@"', 'bash', command, ...args];
  return new Promise((resolve) => {
    const child = spawn('bash', words, { cwd, env: { ...process.env, ...env }, detached: true });
    const [stdout, stderr] = [keep(), keep()];
    let why = '';
    const end = (reason: string): void => {
      if (why !== '') return;
      why = reason;
      kill(child.pid, 'SIGTERM');
      setTimeout(() => kill(child.pid, 'SIGKILL'), GRACE_MS).unref();
    };
    const timer = setTimeout(() => end(`it took longer than ${timeoutMs / 1000} s`), timeoutMs);
    const onAbort = (): void => end('it was interrupted');
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const done = (code: number | null, reason: string): void => {
      clearTimeout(timer);
      clearTimeout(late);
      signal?.removeEventListener('abort', onAbort);
      resolve({ code, why: reason, stdout: stdout.text(), stderr: stderr.text() });
    };
    child.stdout.on('data', stdout.add);
    child.stderr.on('data', stderr.add);
    child.stdin.on('error', () => {}); // it need not read what it is given
    child.stdin.end(input);
    child.once('error', (error) => done(null, error.message));
    let late: NodeJS.Timeout | undefined;
    const ended = (code: number | null, by: NodeJS.Signals | null): void => {
      const reason = why || (code === null ? `it was ended by ${by}` : '');
      done(reason === '' ? code : null, reason);
    };
    child.once('close', ended);
    // A program that it left behind may hold the pipes open for ever.
    child.once('exit', (code, by) => {
      late = setTimeout(() => ended(code, by), LEFT_BEHIND_MS);
    });
  });
}

function keep() {
  const decoder = new StringDecoder('utf8');
  let kept = '';
  return {
    add: (chunk: Buffer): void => {
      if (kept.length < OUTPUT_MAX) kept = (kept + decoder.write(chunk)).slice(0, OUTPUT_MAX);
    },
    text: () => kept,
  };
}

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}
