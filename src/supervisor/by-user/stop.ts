import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError, toCoworkError } from '../../protocol/errors.ts';
import { roleHolder } from '../../store/role.ts';
import { GONE_MS } from '../../team/ladder.ts';
import { openLives, readLedger } from '../../team/ledger.ts';
import { keeperRoleFile, supervisorRoleFile } from '../../team/paths.ts';
import { stopAgent } from '../../team/roster.ts';
import { endTeam, findMember, readTeam } from '../../team/team.ts';
import { ensureSupervisor } from '../ensure.ts';
import { endProcesses } from './end-processes.ts';

/**
 * Stops a team and waits until its processes are gone. Where its files can't be written, on a full disk for instance, they are ended all the same,
 * and it throws what could not be written. Throws START_FAILED, STOP_TIMEOUT, DISK_FULL, FILE_FAILED.
 */
export async function stopTeam(home: string, dir: string): Promise<void> {
  await stopByRecord(home, dir).catch(async (thrown: unknown) => {
    const { code, message } = toCoworkError(thrown);
    if (code !== 'DISK_FULL' && code !== 'FILE_FAILED') throw thrown;
    const { name } = readTeam(dir);
    await endProcesses(dir);
    throw new CoworkError(
      code,
      `${message} The processes of team "${name}" have ended; that it is stopped could not be written.`,
      {
        hint: `Mend that, then say \`cowork stop -t ${name}\` again. Until then it counts as one whose processes were killed: \`cowork wait\` and \`cowork resume\` start it again.`,
        cause: thrown,
      },
    );
  });
}

/** What is wanted stands in `team.json`; the supervisor does it. */
async function stopByRecord(home: string, dir: string): Promise<void> {
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
