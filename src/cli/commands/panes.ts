import { panes } from '../../pane/panes.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { openTeamDesk } from '../team-desk.ts';
import { showInTmux } from '../tmux.ts';
import { attachTo, refuseEnded } from './attach.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { home, stdin, stdout } = surroundings;
  const dir = findTeam(home, args.team);
  const record = readTeam(dir);
  refuseEnded(record, record.agents[0]?.name ?? 'lead');
  if (args.tmux === true) {
    await showInTmux(dir, surroundings);
    return 0;
  }
  const team = openTeamDesk(dir);
  for (let focus: string | undefined; ; ) {
    const end = await panes({ team, focus, stdin, stdout });
    if (end.reason === 'signal') process.kill(process.pid, end.signal);
    if (end.reason !== 'attach') break;
    const left = await attachTo(dir, end.agent, surroundings, { waitForFirst: true, isVisit: true });
    if (left.reason !== 'detached') break;
    focus = left.agent;
  }
  return 0;
};
