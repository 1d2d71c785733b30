import { toCoworkError } from '../../protocol/errors.ts';
import { roleHolder } from '../../store/role.ts';
import { supervisorRoleFile, teamFolder } from '../../team/paths.ts';
import { readTeam, teamNames } from '../../team/team.ts';
import { ensureScheduler } from '../ensure.ts';
import { resumeTeam } from '../resume.ts';

/** What was done for a team that had been running. */
export interface BroughtBack {
  team: string;
  /** Null when it runs; else why it does not. */
  failed: string | null;
}

/** Brings back every team that was running and has no supervisor any more, and the scheduler. One that can't come back keeps no other from it. */
export async function startService(home: string, env: NodeJS.ProcessEnv): Promise<BroughtBack[]> {
  const done: BroughtBack[] = [];
  for (const team of teamNames(home)) {
    const failed = await bringBack(home, env, team).then(
      (wasDown) => (wasDown ? null : undefined),
      (error: unknown) => `${toCoworkError(error).message} ${toCoworkError(error).hint}`,
    );
    if (failed !== undefined) done.push({ team, failed });
  }
  await ensureScheduler(home);
  return done;
}

async function bringBack(home: string, env: NodeJS.ProcessEnv, name: string): Promise<boolean> {
  const dir = teamFolder(home, name);
  if (readTeam(dir).phase !== 'running' || roleHolder(supervisorRoleFile(dir)) !== undefined) return false;
  await resumeTeam({ home, env, name });
  return true;
}
