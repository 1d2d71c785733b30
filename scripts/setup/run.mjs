import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the clone. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Node 24, which the npm package `node` brings. */
export const node24 = join(root, 'node_modules/node/bin/node');

export const hasNode24 = () => existsSync(node24);

/**
 * Runs a program in the clone to its end. Resolves with its exit code (127 when it is not there), its stdout, and the last lines of both
 * streams; never rejects.
 */
export function run(command, args, { env = process.env, onLine } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let all = '';
    let rest = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      all = (all + chunk).slice(-8000);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) onLine?.(line);
    });
    child.stderr.on('data', (chunk) => {
      all = (all + chunk).slice(-8000);
    });
    child.once('error', (error) => resolve({ code: 127, stdout, tail: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, tail: lastLines(all) }));
  });
}

/** The lines that tell most: errors if there are any, else the last ones. */
function lastLines(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /^(E:|npm (error|ERR!)|Error|✘)/.test(line));
  return (errors.length > 0 ? errors : lines).slice(-3).join(' · ');
}
