import { launchTeam, readyAgents } from '../../supervisor/launch.ts';
import { teamStatus } from '../../supervisor/team-status.ts';
import type { CommandModule } from '../command.ts';
import { readLaunchRequest } from '../launch-request.ts';
import { attachTo } from './attach.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { home, env, stdin, stdout, stderr } = surroundings;
  const request = await readLaunchRequest(args, surroundings);
  const team = await launchTeam({ home, env, request });
  const isPersonal = stdin.isTTY && stdout.isTTY && args.json !== true && args.detach !== true;
  if (isPersonal) {
    stderr.write(`Team "${team.name}" is being started.\n`);
    await attachTo(team.dir, 'lead', surroundings, { waitForFirst: true });
    return;
  }
  const said = new Set<string>();
  const agents = await readyAgents(team.dir, (status) => {
    for (const { name, state, reason } of status.agents) {
      const line = `${name}: ${state}${reason === '' ? '' : `, ${reason}`}`;
      if (!said.has(line) && args.json !== true) stderr.write(`${line}\n`);
      said.add(line);
    }
  });
  if (args.json) {
    stdout.write(`${JSON.stringify({ team: team.name, dir: team.dir, agents })}\n`);
  } else {
    stdout.write(`Team "${team.name}" is at work: ${agents.join(', ')}.\n`);
    stdout.write(`Watch it: cowork attach -t ${team.name}   Wait for it: cowork wait -t ${team.name}\n`);
  }
  const failed = (await teamStatus(team.dir)).state === 'failed';
  return failed ? 1 : 0;
};
