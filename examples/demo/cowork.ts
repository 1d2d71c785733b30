import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';

const PROGRAM = join(dirname(dirname(import.meta.dirname)), 'bin', 'cowork.js');

/** Runs a command of cowork as a user would; resolves with its stdout. Rejects with what it said on stderr. */
export function cowork(words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [PROGRAM, ...words],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr.trim() || error.message, { cause: error }));
      },
    );
  });
}
