import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../protocol/errors.ts';
import { roleHolder } from '../store/role.ts';
import { supervisorRoleFile, teamFolder } from '../team/paths.ts';
import { startDetached } from './keeper-process.ts';

const START_MS = 10_000;

/** Sees to it that a team has a supervisor; one that is there is left alone. Throws START_FAILED. */
export async function ensureSupervisor(home: string, team: string): Promise<void> {
  const dir = teamFolder(home, team);
  if (roleHolder(supervisorRoleFile(dir)) !== undefined) return;
  const log = join(dir, 'supervisor.log');
  const started = startDetached('supervisor.mjs', [home, team], log);
  const deadline = performance.now() + START_MS;
  while (roleHolder(supervisorRoleFile(dir)) === undefined) {
    if (started.hasExited() || performance.now() > deadline) {
      const what = started.hasExited() ? 'ended at once' : `did not begin within ${START_MS / 1000} s`;
      throw new CoworkError('START_FAILED', `The supervisor of team "${team}" ${what}. Its log is ${log}.`);
    }
    await delay(10);
  }
}
