import { stopMember, stopTeam } from '../../supervisor/by-user/stop.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, agent, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  let said = `Team "${readTeam(dir).name}" is stopped.`;
  if (typeof agent === 'string') {
    const elsewhere = await stopMember(home, dir, agent);
    said =
      elsewhere === undefined ? `${agent} is stopped.` : `The host ${elsewhere} is asked to stop ${agent}.`;
  } else await stopTeam(home, dir);
  stdout.write(json ? `${JSON.stringify(await teamStatus(dir))}\n` : `${said}\n`);
};
