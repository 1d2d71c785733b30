// `npm run demo`: sets the machine up, then lets a whole team do a real job under the Node that the package brings.
// Plain JavaScript for Node 20: on a fresh machine it runs before any package is there.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = dirname(fileURLToPath(import.meta.url));
const root = dirname(scripts);
const run = (program, args) => spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status ?? 1;

process.exitCode =
  run(process.execPath, [join(scripts, 'setup.mjs')]) ||
  run(join(root, 'node_modules', 'node', 'bin', 'node'), [
    join(root, 'examples', 'demo', 'main.ts'),
    ...process.argv.slice(2),
  ]);
