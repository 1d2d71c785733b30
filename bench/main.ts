// `npm run bench [-- NAME …]`: runs the named benchmarks (all by default), each in a process of its own. One JSON line for each figure.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const all = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && name !== 'main.ts')
  .map((name) => name.slice(0, -3));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !existsSync(join(folder, `${name}.ts`)));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}.\nThere are ${all.join(', ')}.\nRun: npm run bench -- ${all[0]}\n`,
  );
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : all) {
  const { status } = spawnSync(process.execPath, [join(folder, `${name}.ts`)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
