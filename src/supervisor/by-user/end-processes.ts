import { setTimeout as delay } from 'node:timers/promises';
import { roleHolder } from '../../store/role.ts';
import { LADDER_MS } from '../../team/ladder.ts';
import { readLedger } from '../../team/ledger.ts';
import { keeperRoleFile, supervisorRoleFile } from '../../team/paths.ts';
import { readTeam } from '../../team/team.ts';
import { clearAway } from '../clear-away.ts';
import { killIfSame } from '../keeper-process.ts';

/** How long a supervisor may take to go; it leaves its keepers alone. */
const SUPERVISOR_MS = 10_000;

/**
 * Ends the processes of a team whose files can't be written: no order in a file reaches them, so each is asked by a signal, and ended by force
 * when it does not go. Writes nothing itself. Who has a keeper's role is seen from the processes, and what else was started from the ledger.
 */
export async function endProcesses(dir: string): Promise<void> {
  // The supervisor first: it starts again what ends.
  await end(supervisorRoleFile(dir), SUPERVISOR_MS);
  const { agents } = readTeam(dir);
  await Promise.all(agents.map(({ name }) => end(keeperRoleFile(dir, name), LADDER_MS)));
  await clearAway(readLedger(dir).filter(({ type }) => type === 'started'));
}

async function end(roleFile: string, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let signal: NodeJS.Signals = 'SIGTERM';
  for (let asked: string | undefined; ; ) {
    const holder = roleHolder(roleFile);
    if (holder === undefined) return;
    if (performance.now() > deadline) signal = 'SIGKILL';
    // Each is asked once: another may have been behind the first.
    const now = `${signal} ${JSON.stringify(holder)}`;
    if (now !== asked) killIfSame(holder, signal);
    asked = now;
    await delay(50);
  }
}
