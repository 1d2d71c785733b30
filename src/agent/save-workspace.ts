import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GateClient } from './gate-client.ts';
import { upload } from './upload.ts';

/** Most bytes that are saved; the keeper takes no larger artifact. */
const SAVED_MAX = 60 * 1024 * 1024;
/** Our own files there, and what programs make again. */
const OURS = '.cowork';
const MADE_AGAIN = [OURS, 'node_modules', '.venv', '__pycache__', '.cache'];

/**
 * Saves what is in the scratch folder as an artifact, and tells the keeper; nothing when it is empty. What is too much is
 * told as lost. With a machine the folder is in its memory, and gone with it.
 */
export async function saveWorkspace(gate: GateClient, workspace: string, agent: string): Promise<void> {
  const tell = (lost: string) => gate.call('POST', '/agent/workspace-saved', { lost });
  const everything = await bytesIn(workspace, [OURS]);
  if (everything === 0) return void (await tell(''));
  const leaves = everything <= SAVED_MAX ? [OURS] : MADE_AGAIN;
  const bytes = everything <= SAVED_MAX ? everything : await bytesIn(workspace, MADE_AGAIN);
  if (bytes > SAVED_MAX) {
    const lost = `it has ${Math.round(bytes / 1024 ** 2)} MiB, and ${SAVED_MAX / 1024 ** 2} can be saved`;
    return void (await tell(lost));
  }
  const tar = spawn('tar', ['-cf', '-', ...leaves.map((name) => `--exclude=${name}`), '-C', workspace, '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(tar, 'close');
  const as = { name: `${agent}-workspace.tar`, title: `Scratch folder of ${agent}`, kind: 'workspace' };
  await upload(gate, tar.stdout, as);
  const [code] = await ended;
  // 1: a file changed while it was read, which a program in the background may do.
  await tell(code === 0 || code === 1 ? '' : `tar ended with ${code}`);
}

/** Bytes of all files in a folder, those with one of the names left out; it stops counting well past what can be saved. */
async function bytesIn(folder: string, leaves: readonly string[]): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (leaves.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    // An empty file counts, too.
    sum += entry.isDirectory()
      ? await bytesIn(path, leaves)
      : ((await lstat(path).catch(() => undefined))?.size ?? 0) + 1;
    if (sum > 16 * SAVED_MAX) break;
  }
  return sum;
}
