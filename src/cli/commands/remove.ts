import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { roleHolder } from '../../store/role.ts';
import { keeperRoleFile, supervisorRoleFile } from '../../team/paths.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  const { name, phase, agents } = readTeam(dir);
  const roles = [supervisorRoleFile(dir), ...agents.map((agent) => keeperRoleFile(dir, agent.name))];
  if (phase === 'running' || roles.some((role) => roleHolder(role) !== undefined)) {
    throw new CoworkError('TEAM_RUNNING', `Team "${name}" is running.`);
  }
  // Out of sight at once, so that nobody ever finds a half of it.
  const grave = join(dirname(dir), `.${basename(dir)}.${process.pid}.removed`);
  await rename(dir, grave);
  await rm(grave, { recursive: true, force: true });
  const { forgetTeamPlugins } = await import('../plugins/for-team.ts');
  forgetTeamPlugins(home, name);
  stdout.write(json ? `${JSON.stringify({ removed: name })}\n` : `Team "${name}" is removed.\n`);
};
