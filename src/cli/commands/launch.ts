import { launchTeam } from '../../supervisor/launch.ts';
import type { CommandModule } from '../command.ts';
import { followStart } from '../follow-start.ts';
import { readLaunchRequest } from '../launch-request.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { home, env } = surroundings;
  const request = await readLaunchRequest(args, surroundings);
  return followStart(await launchTeam({ home, env, request }), args, surroundings);
};
