import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendLedger } from '../team/ledger.ts';
import type { Body, StartBodyOptions } from './body.ts';
import { workspaceOf } from './grant-paths.ts';
import { startHostBody } from './host-body.ts';
import { startVmBody } from './vm-body.ts';

/** Starts what carries an agent, as the team's sandbox says. */
export async function startBody(options: StartBodyOptions): Promise<Body> {
  // A folder of its own with a short path: the kernel takes at most 108 bytes for a socket's.
  const runtimeDir = options.spare?.runtimeDir ?? (await mkdtemp(join(tmpdir(), 'cowork-')));
  const { dir, agent, incarnation } = options;
  // Should the keeper be killed, the supervisor finds the folder here.
  await appendLedger(dir, { type: 'started', what: 'folder', agent, incarnation, path: runtimeDir });
  const body = await startIn(runtimeDir, options).catch(async (error: unknown) => {
    await rm(runtimeDir, { recursive: true, force: true });
    throw error;
  });
  return {
    ...body,
    [Symbol.asyncDispose]: async () => {
      await body[Symbol.asyncDispose]();
      await rm(runtimeDir, { recursive: true, force: true });
    },
  };
}

function startIn(runtimeDir: string, options: StartBodyOptions): Promise<Body> {
  const { team, dir, agent, cols, rows, onStep } = options;
  if (team.sandbox === 'vm') return startVmBody({ ...options, runtimeDir });
  return startHostBody({ workspace: workspaceOf(dir, team, agent), runtimeDir, cols, rows, onStep });
}
