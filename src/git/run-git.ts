import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { packageRoot } from '../store/package-root.ts';

/** How a git command ended. */
export interface GitRun {
  code: number | null;
  stdout: string;
  /** Its last words, at most 8 KiB. */
  stderr: string;
}

export interface GitOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds after which it is killed. */
  limitMs?: number;
  env?: Record<string, string>;
}

/** Longest time of a command, and most that it may say, in bytes. */
const LIMIT_MS = 10 * 60_000;
const OUTPUT_MAX = 64 * 1024 * 1024;
const STDERR_MAX = 8 * 1024;

/**
 * Settings that go before those of any repository: nothing that a repository, or what lies in it, names is ever run. Source:
 * git-config(1).
 */
const SAFE = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.sshCommand=false',
  'core.pager=cat',
  'core.attributesFile=/dev/null',
  'credential.helper=',
  'commit.gpgSign=false',
  'fetch.recurseSubmodules=false',
  'fetch.writeCommitGraph=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'merge.renormalize=false',
  'pack.threads=1',
  'protocol.allow=never',
  'protocol.file.allow=always',
  'submodule.recurse=false',
];

/** What a command may take, whatever it is given to read: address space in bytes, processor time in seconds. Source: prlimit(1). */
const LIMITS = ['--as=8589934592', '--cpu=600', '--core=0'];

/** The words of a safe git command. `settings` come after ours. */
export const gitWords = (args: readonly string[], settings: readonly string[] = []): string[] => [
  ...LIMITS,
  '--',
  'git',
  ...[...SAFE, ...settings].flatMap((setting) => ['-c', setting]),
  ...args,
];

/** The program that `gitWords` are for. */
export const GIT_RUNNER = 'prlimit';

/** All that git sees of the host's environment: no settings but ours, no prompt, no other network, no file of the user's. */
export function gitEnvironment(more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    ...(process.env.TMPDIR === undefined ? {} : { TMPDIR: process.env.TMPDIR }),
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(packageRoot(), 'src/git/host.gitconfig'),
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    ...more,
  };
}

/** Runs git to its end, without input. Throws GIT_FAILED when it can't start, takes too long or says too much. */
export async function runGit(args: readonly string[], options: GitOptions = {}): Promise<GitRun> {
  const { signal, limitMs = LIMIT_MS, env = {} } = options;
  signal?.throwIfAborted();
  const child = spawn(GIT_RUNNER, gitWords(args), {
    env: gitEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let why: string | undefined;
  const end = (reason: string): void => {
    why ??= reason;
    endGroup(child);
  };
  const onAbort = (): void => end('it was stopped');
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => end(`it took longer than ${limitMs / 1000} s`), limitMs);
  const parts: Buffer[] = [];
  let size = 0;
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => {
    size += part.length;
    if (size > OUTPUT_MAX) end(`it said more than ${OUTPUT_MAX} bytes`);
    else parts.push(part);
  });
  child.stderr.on('data', (part: Buffer) => {
    stderr = (stderr + part.toString()).slice(-STDERR_MAX);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(failed(`it can't be started: ${cause.message}`, cause)));
      child.once('close', resolve);
    });
    if (why !== undefined) throw failed(why);
    return { code, stdout: Buffer.concat(parts).toString(), stderr: stderr.trim() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Runs git and gives what it said. Throws GIT_FAILED with its last words when it did not succeed. */
export async function git(args: readonly string[], options: GitOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runGit(args, options);
  if (code !== 0) throw failed(`${verbOf(args)}: ${lastLine(stderr) || `exit code ${code}`}`);
  return stdout.trim();
}

/** Ends a git command with its helpers. */
export function endGroup({ pid }: Pick<ChildProcess, 'pid'>): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The last line of what git said, without its own first word. */
export const lastLine = (text: string): string =>
  (text.trim().split('\n').at(-1) ?? '').replace(/^(fatal|error): /, '');

const failed = (reason: string, cause?: unknown): CoworkError =>
  new CoworkError('GIT_FAILED', `git failed: ${reason}.`, cause === undefined ? {} : { cause });

const verbOf = (args: readonly string[]): string =>
  args.find((word) => /^[a-z]/.test(word)) ?? args.join(' ');
