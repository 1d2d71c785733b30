import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, makeFolder } from '../store/folders.ts';
import { hubFolder, repositoryFolder } from './places.ts';
import { git, runGit } from './run-git.ts';
import type { UserRepository } from './user-repository.ts';

/** A commit's name, SHA-1 or SHA-256. */
export const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Makes the team's bare repository from the user's: the history of what the user has checked out, and the branch of the result at
 * that commit. No hooks, no settings and no other branch come along.
 */
export async function createHub(
  dir: string,
  of: { grant: string; source: UserRepository; branch: string },
): Promise<void> {
  const { grant, source, branch } = of;
  makeFolder(repositoryFolder(dir, grant));
  const hub = hubFolder(dir, grant);
  const format = `--object-format=${source.objectFormat}`;
  await git([
    'init',
    '--quiet',
    '--bare',
    '--shared=0600',
    '--template=',
    format,
    `--initial-branch=${branch}`,
    hub,
  ]);
  const from = source.branch === null ? 'HEAD' : `refs/heads/${source.branch}`;
  const to = source.branch === null ? 'refs/cowork/base' : from;
  await git(['--git-dir', hub, 'fetch', '--quiet', '--no-write-fetch-head', source.gitDir, `+${from}:${to}`]);
  // What is checked out was read a moment before: the branch may have moved since, and its history holds it all the same.
  await git(['--git-dir', hub, 'update-ref', `refs/heads/${branch}`, source.base]);
}

/** The commit of a branch in the team's repository; undefined while there is none. Refs of it are never packed: we alone keep it. */
export function commitOf(hub: string, ref: string): string | undefined {
  try {
    const commit = readFileSync(join(hub, ref), 'latin1').trim();
    return COMMIT.test(commit) ? commit : undefined;
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Moves a ref from one commit to another, or refuses. Throws GIT_FAILED when it stands elsewhere by now. */
export async function moveRef(
  hub: string,
  { ref, to, from }: { ref: string; to: string; from: string },
): Promise<void> {
  await git(['--git-dir', hub, 'update-ref', ref, to, from]);
}

/** Whether all of `older` is in `newer`. */
export async function isIn(hub: string, older: string, newer: string): Promise<boolean> {
  const { code, stderr } = await runGit(['--git-dir', hub, 'merge-base', '--is-ancestor', older, newer]);
  if (code === 0 || code === 1) return code === 0;
  throw new Error(`git merge-base: ${stderr}`);
}

/** Takes away what a git that was killed has left: locks of refs that only the caller moves, and packs that never became one. */
export function clearAfterKill(hub: string, refs: readonly string[]): void {
  for (const ref of refs) rmSync(join(hub, `${ref}.lock`), { force: true });
  for (const name of readdirSync(join(hub, 'objects'))) {
    if (!/^(tmp_objdir|incoming)-/.test(name)) continue;
    const path = join(hub, 'objects', name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > STALE_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** A push may run so long; what is older belongs to none. */
const STALE_MS = 3_600_000;
