import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../../protocol/errors.ts';
import { GONE_MS } from '../../team/ladder.ts';
import { planSuccession } from '../../team/succession.ts';
import { findAgent, readTeam } from '../../team/team.ts';
import { ensureSupervisor } from '../ensure.ts';

/**
 * Makes a teammate the lead, or (null) begins with a fresh one, and waits until the lead before has gone. In a team that does not run it counts when that is
 * resumed; then false is returned. Throws what `planSuccession` throws, START_FAILED, STOP_TIMEOUT.
 */
export async function replaceLead(home: string, dir: string, from: string | null): Promise<boolean> {
  const { name, phase } = await planSuccession(dir, from);
  if (phase !== 'running') return false;
  await ensureSupervisor(home, name);
  const deadline = performance.now() + 2 * GONE_MS;
  while (findAgent(readTeam(dir), 'lead').succession !== undefined) {
    if (performance.now() > deadline)
      throw new CoworkError(
        'STOP_TIMEOUT',
        `The lead of team "${name}" has not ended after ${(2 * GONE_MS) / 1000} s.`,
      );
    await delay(50);
  }
  return true;
}
