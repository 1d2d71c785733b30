#!/usr/bin/env node
// Starts cowork under the Node that the package brings; works with any Node from 20 on.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'dist', 'cli.mjs');

if (!existsSync(program)) {
  process.stderr.write(
    'cowork is not built yet.\nThe folder dist/ is made by the set-up.\nRun: npm run setup\n',
  );
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Beside the programs: in the system's temporary folder another user could have put one there for us.
  nodeModule.enableCompileCache(join(root, 'dist', 'cache'));
  await import(program);
} else {
  const node = join(root, 'node_modules', 'node', 'bin', 'node');
  const { status, signal } = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (signal) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}
