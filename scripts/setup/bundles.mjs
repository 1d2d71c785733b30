import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { node24, root, run } from './run.mjs';

const STAMP = join(root, 'dist/.key');

/** Bundles the programs into dist/ when a source has changed since. */
export async function buildBundles(progress) {
  const script = join(root, 'scripts/build.mjs');
  if (!existsSync(script)) return;
  const key = sourcesKey();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === key) return;
  progress.step('bundles');
  const result = await run(node24, [script]);
  if (result.code !== 0) {
    throw new SetupError(
      'The programs could not be bundled.',
      result.tail,
      'Run `node scripts/build.mjs` to see all of it.',
    );
  }
  writeFileSync(STAMP, key);
}

/** A hash of everything that the bundles are made of. */
function sourcesKey() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true })
    .filter((name) => /\.(ts|tsx|json|css|html)$/.test(name))
    .sort();
  for (const file of [
    'package-lock.json',
    'scripts/build.mjs',
    ...sources.map((name) => join('src', name)),
  ]) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
