import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine, runGit } from './run-git.ts';

/** A lock of our branch that is older was left by a command that was killed, in milliseconds. */
const LOCK_MS = 60_000;

/**
 * Puts the branch of the result into the user's repository, or says in words why it can't be. Only that branch, only forward: a branch
 * that the user has checked out or moved elsewhere is left as it is; work tree and index are never looked at.
 */
export async function publish(of: {
  hub: string;
  gitDir: string;
  branch: string;
  signal?: AbortSignal | undefined;
}): Promise<string | undefined> {
  const { hub, gitDir, branch, signal } = of;
  const ref = `refs/heads/${branch}`;
  const lock = join(gitDir, `${ref}.lock`);
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > LOCK_MS) rmSync(lock, { force: true });
  const words = ['fetch', '--no-progress', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
  const { code, stderr } = await runGit(
    ['--git-dir', gitDir, ...words, '--no-auto-maintenance', hub, `${ref}:${ref}`],
    { signal },
  );
  if (code === 0) return undefined;
  if (/checked out/.test(stderr)) return `${branch} is checked out there`;
  if (/non-fast-forward/.test(stderr)) return `${branch} was moved there by somebody else`;
  return lastLine(stderr);
}
