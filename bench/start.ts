// Processor time that commands need to start, beside a bare Node in the same run. Needs dist/ (npm run setup).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = join(import.meta.dirname, '..', 'bin', 'cowork.js');
const home = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
const RUNS = 11;
const CONTENDERS: Record<string, string[]> = {
  'bare node': ['-e', ''],
  'cowork --help': [program, '--help'],
  'cowork teams': [program, 'teams'],
  'cowork status': [program, 'status', '--json'],
};

/** User and system time of one run in milliseconds, as the shell's `times` counts its children. */
function cpuOf(args: string[]): number {
  const quoted = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
  const { stdout } = spawnSync('sh', ['-c', `${quoted} >/dev/null 2>&1; times`], {
    encoding: 'utf8',
    env: { ...process.env, COWORK_HOME: home },
  });
  const children = stdout.trim().split('\n').at(-1) ?? '';
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const samples = new Map<string, number[]>();
for (let i = 0; i <= RUNS; i++) {
  for (const [name, args] of Object.entries(CONTENDERS)) {
    const ms = cpuOf(args);
    if (i > 0) samples.set(name, [...(samples.get(name) ?? []), ms]); // the first run fills the compile cache
  }
}
const bare = median(samples.get('bare node') ?? []);
for (const [name, values] of samples) {
  const cpuMs = Math.round(median(values));
  process.stdout.write(
    `${JSON.stringify({ bench: 'start', name, cpuMs, timesBareNode: +(cpuMs / bare).toFixed(2) })}\n`,
  );
}
rmSync(home, { recursive: true, force: true });
