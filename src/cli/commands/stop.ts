import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../../protocol/errors.ts';
import { roleHolder } from '../../store/role.ts';
import { ensureSupervisor } from '../../supervisor/ensure.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import { GONE_MS } from '../../team/ladder.ts';
import { keeperRoleFile, supervisorRoleFile } from '../../team/paths.ts';
import { stopAgent } from '../../team/roster.ts';
import { endTeam, findMember, findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, agent, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  const { name, phase } = readTeam(dir);
  if (typeof agent === 'string') {
    if (agent === 'lead') {
      throw new CoworkError('USAGE', 'The lead is the team.', {
        hint: `Stop the whole team: cowork stop -t ${name}`,
      });
    }
    const record = await stopAgent(dir, agent, 'stopped by the user');
    const member = findMember(record, agent);
    if ('host' in member) {
      if (json) stdout.write(`${JSON.stringify(await teamStatus(dir))}\n`);
      else stdout.write(`The host ${member.host.label} is asked to stop ${agent}.\n`);
      return;
    }
    await ensureSupervisor(home, name);
    await gone(keeperRoleFile(dir, agent), agent);
  } else {
    if (phase === 'running') await endTeam(dir, 'stopped', 'Stopped by the user.');
    await ensureSupervisor(home, name); // sees to the end, and leaves
    await gone(supervisorRoleFile(dir), `team "${name}"`);
  }
  if (json) stdout.write(`${JSON.stringify(await teamStatus(dir))}\n`);
  else stdout.write(`${typeof agent === 'string' ? agent : `Team "${name}"`} is stopped.\n`);
};

async function gone(roleFile: string, what: string): Promise<void> {
  const deadline = performance.now() + GONE_MS;
  while (roleHolder(roleFile) !== undefined) {
    if (performance.now() > deadline)
      throw new CoworkError('STOP_TIMEOUT', `${what} has not ended after ${GONE_MS / 1000} s.`);
    await delay(50);
  }
}
