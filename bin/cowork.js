#!/usr/bin/env node
// Starts cowork under the Node that the package brings; works with any Node from 20 on.
import { spawn } from 'node:child_process';
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
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Who ends this process means the other. Ctrl-C on a terminal reaches both by itself, and twice would be once too often.
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
  process.on('SIGINT', () => hasTerminal || child.kill('SIGINT'));
  child.on('error', (error) => {
    process.stderr.write(`Node 24 can't be started.\n${error.message}\nRun: npm install\n`);
    process.exit(1);
  });
  child.on('exit', (status, signal) => {
    if (!signal) process.exit(status ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
