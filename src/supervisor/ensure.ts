import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../protocol/errors.ts';
import { roleHolder } from '../store/role.ts';
import { supervisorLog, supervisorRoleFile, teamFolder } from '../team/paths.ts';
import { type HostProgram, startDetached } from './keeper-process.ts';
import { scheduleNames, schedulerLog, schedulerRoleFile } from './schedule/schedules.ts';
import { upgradeTeam } from './upgrade/upgrade.ts';

const START_MS = 10_000;

/** Sees to it that a team has a supervisor; one that is there is left alone. A team of an earlier format is brought to today's before. Throws START_FAILED. */
export async function ensureSupervisor(home: string, team: string): Promise<void> {
  const dir = teamFolder(home, team);
  if (roleHolder(supervisorRoleFile(dir)) === undefined) await upgradeTeam(dir);
  await ensureProgram(`The supervisor of team "${team}"`, {
    ...{ program: 'supervisor.mjs', args: [home, team] },
    ...{ role: supervisorRoleFile(dir), log: supervisorLog(dir) },
  });
}

/** Sees to it that somebody minds the schedules of a home, if there are any. Throws START_FAILED. */
export async function ensureScheduler(home: string): Promise<void> {
  if (scheduleNames(home).length === 0) return;
  await ensureProgram('The scheduler', {
    ...{ program: 'scheduler.mjs', args: [home] },
    ...{ role: schedulerRoleFile(home), log: schedulerLog(home) },
  });
}

async function ensureProgram(
  who: string,
  { program, args, role, log }: { program: HostProgram; args: string[]; role: string; log: string },
): Promise<void> {
  if (roleHolder(role) !== undefined) return;
  const started = startDetached(program, args, log);
  const deadline = performance.now() + START_MS;
  while (roleHolder(role) === undefined) {
    if (started.hasExited() || performance.now() > deadline) {
      const what = started.hasExited() ? 'ended at once' : `did not begin within ${START_MS / 1000} s`;
      throw new CoworkError('START_FAILED', `${who} ${what}. Its log is ${log}.${lastWords(log)}`);
    }
    await delay(10);
  }
}

/** A launch that fails takes the log with it: its end goes into the message. */
function lastWords(log: string): string {
  try {
    const lines = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => /\S/.test(line) && !/^\s+at |^Node\.js v/.test(line));
    return lines.length === 0 ? '' : ` It ends: ${lines.slice(-3).join(' ').slice(-400)}`;
  } catch {
    return ''; // it has written none
  }
}
