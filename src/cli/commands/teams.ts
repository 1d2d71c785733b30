import { teamStatus } from '../../supervisor/team-status.ts';
import { teamFolder } from '../../team/paths.ts';
import { listTeams } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { brief, table } from '../print.ts';

export const run: CommandModule['run'] = async ({ json }, { home, stdout }) => {
  const teams = await Promise.all(listTeams(home).map((name) => teamStatus(teamFolder(home, name))));
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
