import { resumeTeam } from '../../supervisor/resume.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { followStart } from '../follow-start.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { home, env } = surroundings;
  const dir = findTeam(home, args.team);
  const { name } = readTeam(dir);
  await resumeTeam({ home, env, name });
  return followStart({ name, dir }, args, surroundings);
};
