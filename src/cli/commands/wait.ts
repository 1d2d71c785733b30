import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../../protocol/errors.ts';
import { roleHolder } from '../../store/role.ts';
import { ensureSupervisor } from '../../supervisor/ensure.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import { openAlerts, WAITS_FOR_USER } from '../../team/alerts.ts';
import { GONE_MS } from '../../team/ladder.ts';
import { openLives, readLedger } from '../../team/ledger.ts';
import { supervisorRoleFile } from '../../team/paths.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { renderStatus } from '../render-status.ts';

const POLL_MS = 100;

export const run: CommandModule['run'] = async ({ team, timeout, json }, { home, stdout, stderr }) => {
  if (typeof timeout === 'number' && !(timeout >= 0)) {
    throw new CoworkError('USAGE', '--timeout takes a number of seconds.');
  }
  const dir = findTeam(home, team);
  const deadline =
    typeof timeout === 'number' ? performance.now() + timeout * 1000 : Number.POSITIVE_INFINITY;
  await ended(home, dir, deadline);
  const status = await teamStatus(dir);
  stdout.write(json ? `${JSON.stringify(status)}\n` : renderStatus(status));
  if (!json && readTeam(dir).grants.some(({ mode }) => mode === 'review'))
    stderr.write(
      `\nWhat waits for your review: cowork diff -t ${status.team}. It lands with cowork apply -t ${status.team}.\n`,
    );
  return status.state === 'done' ? 0 : 1;
};

/** Resolves when the team is over and nothing of it runs, or when it does not go on without the user. Throws WAIT_TIMEOUT. */
async function ended(home: string, dir: string, deadline: number): Promise<void> {
  let over = Number.POSITIVE_INFINITY;
  for (;;) {
    const team = readTeam(dir);
    const isSupervised = roleHolder(supervisorRoleFile(dir)) !== undefined;
    if (team.phase !== 'running') {
      over = Math.min(over, performance.now());
      if (performance.now() - over > GONE_MS) return;
      // One that was killed while it cleared away has left something, which the next one ends.
      if (!isSupervised && openLives(readLedger(dir)).length === 0) return;
      if (!isSupervised) await ensureSupervisor(home, team.name);
    } else if (!isSupervised) {
      await ensureSupervisor(home, team.name);
    } else if (await waitsForUser(dir)) {
      return;
    }
    if (performance.now() > deadline) {
      throw new CoworkError('WAIT_TIMEOUT', `Team "${team.name}" is still running.`);
    }
    await delay(POLL_MS);
  }
}

/** Whether the lead has stopped with the job open, and nothing that it has not read yet will wake it. */
async function waitsForUser(dir: string): Promise<boolean> {
  const alert = openAlerts(dir).find(({ kind }) => kind === WAITS_FOR_USER);
  if (alert === undefined) return false;
  const { agents } = await teamStatus(dir);
  return agents.some(
    ({ name, state, unread }) => name === alert.agent && state === 'waiting' && unread === 0,
  );
}
