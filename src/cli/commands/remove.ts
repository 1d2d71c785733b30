import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CoworkError, toCoworkError } from '../../protocol/errors.ts';
import { removeFromServer } from '../../store/open-backend.ts';
import { roleHolder } from '../../store/role.ts';
import { keeperRoleFile, supervisorRoleFile } from '../../team/paths.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, json }, { home, stdout, stderr }) => {
  const dir = findTeam(home, team);
  const { name, phase, agents, host } = readTeam(dir);
  const [lead] = agents;
  const roles = [supervisorRoleFile(dir), ...agents.map((agent) => keeperRoleFile(dir, agent.name))];
  if (phase === 'running' || roles.some((role) => roleHolder(role) !== undefined)) {
    throw new CoworkError('TEAM_RUNNING', `Team "${name}" is running.`);
  }
  if (host !== undefined && lead?.role === 'lead') {
    // A server that is gone for ever must not keep the folder.
    await removeFromServer(dir).catch((error: unknown) => {
      stderr.write(`What the server keeps of it stays there. ${toCoworkError(error).message}\n`);
    });
  }
  // Out of sight at once, so that nobody ever finds a half of it.
  const grave = join(dirname(dir), `.${basename(dir)}.${process.pid}.removed`);
  await rename(dir, grave);
  await rm(grave, { recursive: true, force: true });
  const { forgetTeamPlugins } = await import('../plugins/for-team.ts');
  forgetTeamPlugins(home, name);
  stdout.write(json ? `${JSON.stringify({ removed: name })}\n` : `Team "${name}" is removed.\n`);
};
