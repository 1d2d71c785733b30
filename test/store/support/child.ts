import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';

/** Spares each child the stripping of types, a quarter of a second. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/compile', import.meta.url));

export interface Child {
  pid: number;
  /** What it has printed so far. */
  lines: string[];
  /** Waits until it has printed a line that begins so, and gives the rest of that line. */
  says(beginning: string, timeoutMs?: number): Promise<string>;
  tell(line: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** Starts `FOLDER/NAME.ts` as a process of its own, with `input` as JSON in its first argument; killed when the test ends. */
export function startChild(folder: string, name: string, input: unknown): Child {
  const script = fileURLToPath(new URL(`${name}.ts`, folder));
  const child = spawn(process.execPath, [script, JSON.stringify(input)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stdin.on('error', () => {}); // it may be dead when we tell it something
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    lines,
    says: async (beginning, timeoutMs = 30_000) => {
      const line = await eventually(
        `${name} says ${beginning}`,
        () => lines.find((each) => each.startsWith(beginning)),
        timeoutMs,
      );
      return line.slice(beginning.length).trim();
    },
    tell: (line) => child.stdin.write(`${line}\n`),
    kill: (signal) => child.kill(signal),
    ended,
  };
}
