import { teamStatus } from '../../supervisor/team-status.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { renderStatus } from '../render-status.ts';

export const run: CommandModule['run'] = async ({ team, json, figures }, { home, stdout }) => {
  const dir = findTeam(home, team);
  if (figures === true) {
    const { readFigures, seriesOf } = await import('../../team/figures.ts');
    const { renderFigures } = await import('../render-figures.ts');
    const series = seriesOf(readFigures(dir));
    const { name } = readTeam(dir);
    stdout.write(json ? `${JSON.stringify({ team: name, ...series })}\n` : renderFigures(name, series));
    return;
  }
  const status = await teamStatus(dir);
  stdout.write(json ? `${JSON.stringify(status)}\n` : renderStatus(status));
};
