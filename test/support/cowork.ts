import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';

export const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'cowork.js');

/** What a command left behind. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  ms: number;
}

/** A person's machine: a home of cowork, a folder for temporary files and one to grant, all of its own. */
export interface Desk {
  /** COWORK_HOME; not made before cowork makes it. */
  home: string;
  /** TMPDIR of everything that is started here. */
  tmp: string;
  /** A folder with one file, `words.txt`. */
  folder: string;
  env: NodeJS.ProcessEnv;
  /** Runs a command to its end. */
  cowork(args: string[], options?: { env?: NodeJS.ProcessEnv; input?: string }): Promise<Outcome>;
  /** Runs a command that must succeed and print one JSON value. */
  json<Value>(...args: string[]): Promise<Value>;
  /** Runs a command that must fail with `--json`, and gives its error. */
  refusal(...args: string[]): Promise<{ exit: number | null; code: string; message: string; hint: string }>;
  /** Processes that were started here and still run. */
  processes(): { pid: number; command: string }[];
}

/** Makes a desk; at the end (of the test, unless it is said), whatever runs on it is killed and its files are removed. */
export function openDesk(atEnd: (work: () => Promise<void>) => void = onTestFinished): Desk {
  const root = mkdtempSync(join(tmpdir(), 'cowork-test-'));
  const at = (name: string) => join(root, name);
  for (const name of ['tmp', 'mine']) mkdirSync(at(name));
  const desk: Desk = {
    home: at('home'),
    tmp: at('tmp'),
    folder: at('mine'),
    env: deskEnvironment(at('home'), at('tmp')),
    cowork: (args, options) => run(desk, args, options),
    json: async (...args) => {
      const { code, stdout, stderr } = await desk.cowork([...args, '--json']);
      if (code !== 0) throw new Error(`cowork ${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout); // what a command prints has the shape that the test says
    },
    refusal: async (...args) => {
      const { code, stdout, stderr } = await desk.cowork([...args, '--json']);
      if (stdout !== '' || code === 0) throw new Error(`cowork ${args.join(' ')} said: ${stdout}`);
      return { exit: code, ...JSON.parse(stderr).error };
    },
    processes: () => processesOf(root),
  };
  atEnd(async () => {
    await eventually('all processes of the test to be gone', () => {
      const left = desk.processes();
      for (const { pid } of left) kill(pid);
      return left.length === 0;
    });
    rmSync(root, { recursive: true, force: true });
  });
  return desk;
}

/** Ends a process that a test started. */
export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function deskEnvironment(home: string, tmp: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ANTHROPIC_|COWORK_|VITEST|NODE_OPTIONS)/.test(name),
  );
  // Compiled once for all tests; else each desk would pay for its own.
  const NODE_COMPILE_CACHE = join(tmpdir(), 'cowork-test-compile-cache');
  // HOME: no skills of whoever runs the tests.
  return {
    ...Object.fromEntries(kept),
    HOME: tmp,
    NODE_COMPILE_CACHE,
    COWORK_HOME: home,
    // What only one test looks at is not to take the others' time.
    COWORK_STANDBY: 'off',
    TMPDIR: tmp,
    NO_COLOR: '1',
  };
}

async function run(
  desk: Desk,
  args: string[],
  { env = {}, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...desk.env, ...env },
    cwd: desk.folder,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  child.stdin.on('error', () => {}); // it need not read what it is given
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, ms: Math.round(performance.now() - started) };
}

/** Processes whose environment or working directory lies below `root`: those of the team, and what its tools started. */
function processesOf(root: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const isOurs =
          readFileSync(`/proc/${name}/environ`, 'utf8').includes(`=${root}/`) ||
          readlinkSync(`/proc/${name}/cwd`).startsWith(`${root}/`);
        const state = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.[0];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return isOurs && state !== 'Z' ? [{ pid: Number(name), command }] : [];
      } catch {
        return []; // it has just ended, or is somebody else's
      }
    });
}
