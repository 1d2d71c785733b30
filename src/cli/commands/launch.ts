import { launchTeam } from '../../supervisor/launch.ts';
import { buildNeededImage } from '../build-needed-image.ts';
import type { CommandModule } from '../command.ts';
import { followStart } from '../follow-start.ts';
import { keepRetention } from '../keep-retention.ts';
import { readLaunchRequest } from '../launch-request.ts';
import { mindSchedules } from '../mind-schedules.ts';
import { withProjectDefaults } from '../project-defaults.ts';

export const run: CommandModule['run'] = async (typed, surroundings) => {
  const { home, env } = surroundings;
  const { args, instructions } = await withProjectDefaults(typed, surroundings);
  const request = await readLaunchRequest(args, surroundings);
  request.instructions = instructions;
  keepRetention(surroundings);
  // The formats of plugins are much to load; most commands go without them.
  const { extensionsForTeam, forgetTeamPlugins, giveRoles } = await import('../plugins/for-team.ts');
  request.extensions = await extensionsForTeam(request.name, args, surroundings);
  await giveRoles(home, request, request.extensions);
  await buildNeededImage(request, surroundings);
  const launched = await launchTeam({ home, env, request }).catch((error: unknown) => {
    forgetTeamPlugins(home, request.name);
    throw error;
  });
  for (const note of launched.notes) surroundings.stderr.write(`${note}\n`);
  await mindSchedules(surroundings);
  return followStart(launched, args, surroundings);
};
