import { readyAgents } from '../supervisor/launch.ts';
import { teamStatus } from '../supervisor/team-status.ts';
import { readTeam } from '../team/team.ts';
import type { Surroundings } from './command.ts';
import { attachTo } from './commands/attach.ts';

/**
 * Shows how a team starts: on a terminal by its lead's pane, else step by step on stderr until all agents are ready or have
 * failed. Returns the exit code.
 */
export async function followStart(
  team: { name: string; dir: string },
  { json, detach }: { json?: unknown; detach?: unknown },
  surroundings: Surroundings,
): Promise<number> {
  const { stdin, stdout, stderr } = surroundings;
  const isPersonal = stdin.isTTY && stdout.isTTY && json !== true && detach !== true;
  if (isPersonal) {
    stderr.write(`Team "${team.name}" is being started.\n`);
    await attachTo(team.dir, readTeam(team.dir).agents[0]?.name ?? 'lead', surroundings, {
      waitForFirst: true,
    });
    return 0;
  }
  const said = new Set<string>();
  const agents = await readyAgents(team.dir, (status) => {
    for (const { name, state, reason } of status.agents) {
      const line = `${name}: ${state}${reason === '' ? '' : `, ${reason}`}`;
      if (!said.has(line) && json !== true) stderr.write(`${line}\n`);
      said.add(line);
    }
  });
  if (json === true) {
    stdout.write(`${JSON.stringify({ team: team.name, dir: team.dir, agents })}\n`);
  } else {
    stdout.write(`Team "${team.name}" is at work: ${agents.join(', ')}.\n`);
    stdout.write(`Watch it: cowork attach -t ${team.name}   Wait for it: cowork wait -t ${team.name}\n`);
  }
  return (await teamStatus(team.dir)).state === 'failed' ? 1 : 0;
}
