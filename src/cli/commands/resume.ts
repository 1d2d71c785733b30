import { resumeTeam } from '../../supervisor/resume.ts';
import { findAgent, findTeam, readTeam, updateTeam } from '../../team/team.ts';
import { buildNeededImage } from '../build-needed-image.ts';
import type { CommandModule } from '../command.ts';
import { followStart } from '../follow-start.ts';
import { type Limits, readLimits } from '../limits.ts';
import { mindSchedules } from '../mind-schedules.ts';
import { fork } from './fork.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { home, env } = surroundings;
  const dir = findTeam(home, args.team);
  if (args.from !== undefined) return fork(dir, args, surroundings);
  const { name, phase } = readTeam(dir);
  const limits = readLimits(args);
  const isRaise = Object.keys(limits).length > 0;
  if (isRaise) await raise(dir, limits, typeof args.agent === 'string' ? args.agent : undefined);
  await buildNeededImage(readTeam(dir), surroundings);
  const upgrade = await resumeTeam({ home, env, name });
  if (upgrade !== undefined)
    surroundings.stderr.write(
      `The team was of format ${upgrade.from} and is of format ${upgrade.to} now. Its files as they were: ${upgrade.backup}\n`,
    );
  await mindSchedules(surroundings);
  // Who raises a limit of a team that runs wants it to go on, not to look at it.
  const detach = args.detach === true || (isRaise && phase === 'running');
  return followStart({ name, dir }, { ...args, detach }, surroundings);
};

/** Sets limits of the team; the budget is the agent's own when one is named. */
async function raise(
  dir: string,
  { budgetUsd, ...limits }: Limits,
  agent: string | undefined,
): Promise<void> {
  if (agent !== undefined) findAgent(readTeam(dir), agent);
  await updateTeam(dir, (team) => {
    const raised = { ...team, ...limits };
    if (budgetUsd === undefined) return raised;
    if (agent === undefined) return { ...raised, budgetUsd };
    return {
      ...raised,
      agents: team.agents.map((each) => (each.name === agent ? { ...each, budgetUsd } : each)),
    };
  });
}
