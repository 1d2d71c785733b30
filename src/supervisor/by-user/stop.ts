import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../../protocol/errors.ts';
import { roleHolder } from '../../store/role.ts';
import { GONE_MS } from '../../team/ladder.ts';
import { openLives, readLedger } from '../../team/ledger.ts';
import { keeperRoleFile, supervisorRoleFile } from '../../team/paths.ts';
import { stopAgent } from '../../team/roster.ts';
import { endTeam, findMember, readTeam } from '../../team/team.ts';
import { ensureSupervisor } from '../ensure.ts';

/** Stops a team and waits until its processes are gone. Throws START_FAILED, STOP_TIMEOUT. */
export async function stopTeam(home: string, dir: string): Promise<void> {
  const { name, phase } = readTeam(dir);
  if (phase === 'running') await endTeam(dir, 'stopped', 'Stopped by the user.');
  const deadline = performance.now() + GONE_MS;
  do {
    await ensureSupervisor(home, name); // sees to the end, and leaves
    await gone(supervisorRoleFile(dir), `team "${name}"`);
    // Unless it was killed meanwhile.
  } while (openLives(readLedger(dir)).length > 0 && performance.now() < deadline);
}

/**
 * Stops one agent and waits until it is gone. One on another host is asked for there, and the name of that host returned. Throws
 * AGENT_UNKNOWN, STOP_TIMEOUT; USAGE for the lead, without which there is no team.
 */
export async function stopMember(home: string, dir: string, agent: string): Promise<string | undefined> {
  const { name } = readTeam(dir);
  if (agent === 'lead') {
    throw new CoworkError('USAGE', 'The lead is the team.', {
      hint: `Stop the whole team: cowork stop -t ${name}`,
    });
  }
  const member = findMember(await stopAgent(dir, agent, 'stopped by the user'), agent);
  if ('host' in member) return member.host.label;
  await ensureSupervisor(home, name);
  await gone(keeperRoleFile(dir, agent), agent);
  return undefined;
}

async function gone(roleFile: string, what: string): Promise<void> {
  const deadline = performance.now() + GONE_MS;
  while (roleHolder(roleFile) !== undefined) {
    if (performance.now() > deadline)
      throw new CoworkError('STOP_TIMEOUT', `${what} has not ended after ${GONE_MS / 1000} s.`);
    await delay(50);
  }
}
