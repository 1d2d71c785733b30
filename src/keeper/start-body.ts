import { rm } from 'node:fs/promises';
import { appendLedger } from '../team/ledger.ts';
import type { Body, StartBodyOptions } from './body.ts';
import { workspaceOf } from './grant-paths.ts';
import { startHostBody } from './host-body.ts';
import { makeRuntimeFolder } from './runtime-folder.ts';
import { startVmBody } from './vm-body.ts';

/** Starts what carries an agent, as the team's sandbox says. */
export async function startBody(options: StartBodyOptions): Promise<Body> {
  const { dir, agent, incarnation, spare } = options;
  // Should the keeper be killed, the supervisor finds the folder here.
  const note = (path: string) =>
    appendLedger(dir, { type: 'started', what: 'folder', agent, incarnation, path });
  if (spare !== undefined) await note(spare.runtimeDir);
  const runtimeDir = spare?.runtimeDir ?? (await makeRuntimeFolder(note));
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
