import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Load {
  /** Which part of `store-worker.ts`. */
  kind: string;
  dir: string;
  writers: number;
  /** For each writer. */
  count: number;
  durable: boolean;
  /** Address of a NATS server. */
  server?: string;
}

/** Milliseconds of one step over all workers; `fewest` and `most` are steps of one worker. */
export interface Figures {
  p50: number;
  p95: number;
  worst: number;
  perSecond: number;
  failed: number;
  fewest: number;
  most: number;
  /** Processor time of one step, milliseconds; unlike the others it hardly depends on what else the machine does. */
  cpuMs: number;
}

const worker = fileURLToPath(new URL('./store-worker.ts', import.meta.url));

/** Runs so many processes at once and lays their figures together. */
export async function runWorkers({ writers, ...load }: Load): Promise<Figures> {
  const children = Array.from({ length: writers }, (_, i) =>
    spawn(process.execPath, [worker, JSON.stringify({ ...load, by: `agent-${i}` })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const outputs = children.map(() => '');
  const ended = children.map((child, i) => {
    child.stdout.on('data', (chunk) => {
      outputs[i] += chunk;
    });
    return once(child, 'close');
  });
  while (!outputs.every((output) => output.startsWith('ready')))
    await new Promise((resolve) => setTimeout(resolve, 10));
  writeFileSync(join(load.dir, 'go'), '');
  await Promise.all(ended);
  const results = outputs.map((output) => JSON.parse(output.split('\n')[1] ?? '{}'));
  // From the first step of any to the last: that 16 processes then end is not a part of it.
  const from = Math.min(...results.map((result) => result.from));
  const seconds = Math.max(1, Math.max(...results.map((result) => result.to)) - from) / 1000;
  const taken: number[] = results.flatMap((result) => result.taken).sort((a: number, b: number) => a - b);
  const shares: number[] = results.map((result) => result.taken.length);
  return {
    p50: round(taken[Math.floor(taken.length / 2)] ?? 0),
    p95: round(taken[Math.floor(taken.length * 0.95)] ?? 0),
    worst: round(taken.at(-1) ?? 0),
    perSecond: Math.round(taken.length / seconds),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
    fewest: Math.min(...shares),
    most: Math.max(...shares),
    cpuMs: round(results.reduce((sum, result) => sum + result.cpuMs, 0) / Math.max(1, taken.length)),
  };
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;
