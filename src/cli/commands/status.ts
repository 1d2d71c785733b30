import { teamStatus } from '../../supervisor/team-status.ts';
import { findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { renderStatus } from '../render-status.ts';

export const run: CommandModule['run'] = async ({ team, json }, { home, stdout }) => {
  const status = await teamStatus(findTeam(home, team));
  stdout.write(json ? `${JSON.stringify(status)}\n` : renderStatus(status));
};
