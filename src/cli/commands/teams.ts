import { toCoworkError } from '../../protocol/errors.ts';
import type { TeamStatus } from '../../protocol/team.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import { teamFolder } from '../../team/paths.ts';
import { listTeams } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { brief, table } from '../print.ts';

export const run: CommandModule['run'] = async ({ json }, { home, stdout, stderr }) => {
  const teams: TeamStatus[] = [];
  for (const name of listTeams(home)) {
    try {
      teams.push(await teamStatus(teamFolder(home, name)));
    } catch (error) {
      const { message, hint } = toCoworkError(error); // of this team only: the others are shown all the same
      stderr.write(`Team "${name}" is left out: ${message} ${hint}\n`);
    }
  }
  if (json) {
    const rows = teams.map(({ team, state, job, created, elapsedMs, agents, costUsd }) => ({
      ...{ team, state, job, created, elapsedMs, costUsd },
      agents: agents.map(({ name }) => name),
    }));
    stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  if (teams.length === 0) {
    stdout.write(
      'There is no team yet. Start one with `cowork launch`, or see one at work with `npm run demo`.\n',
    );
    return;
  }
  const rows = teams.map(({ team, state, agents, created, job }) => [
    ...[team, state, String(agents.length), created.slice(0, 16).replace('T', ' ')],
    brief(job, 60),
  ]);
  stdout.write(table(['TEAM', 'STATE', 'AGENTS', 'CREATED (UTC)', 'JOB'], rows));
};
