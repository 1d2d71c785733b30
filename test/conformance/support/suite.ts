import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const PROGRAM = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js');

/** Runs the official suite by what a revision requires. It ends with 0 when exactly the failures of that file fail. */
export function runSuite(
  of: 'client' | 'server',
  revision: string,
  failures: string,
  flags: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; said: string }> {
  const expected = join(import.meta.dirname, '..', failures);
  const words = [PROGRAM, of, '--requirements', revision, '--expected-failures', expected];
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      [...words, '--timeout', '90000', ...flags],
      { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : 1, said: `${stdout}\n${stderr}` }),
    ),
  );
}
