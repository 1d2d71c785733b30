import { CoworkError } from '../../protocol/errors.ts';
import { replaceLead } from '../../supervisor/by-user/promote.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, agent, fresh, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  const name = typeof agent === 'string' ? agent : null;
  if ((name === null) !== (fresh === true)) {
    throw new CoworkError('USAGE', 'Who is to be the lead: a teammate, or a fresh one?', {
      hint: 'cowork promote AGENT, or cowork promote --fresh',
    });
  }
  const isDone = await replaceLead(home, dir, name);
  const who = name === null ? 'A fresh lead' : name;
  const said = isDone
    ? `${who} leads team "${readTeam(dir).name}" now.`
    : `${who} leads once the team is back: cowork resume -t ${readTeam(dir).name}`;
  stdout.write(json ? `${JSON.stringify(await teamStatus(dir))}\n` : `${said}\n`);
};
