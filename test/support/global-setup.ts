import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Builds the programs once, so that every test runs what the sources say. */
export default function setup(): void {
  const root = join(import.meta.dirname, '..', '..');
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' });
}
