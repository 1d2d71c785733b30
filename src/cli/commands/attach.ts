import { type AttachResult, attach } from '../../pane/attach.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { findAgent, findTeam, readTeam, type TeamRecord } from '../../team/team.ts';
import type { CommandModule, Surroundings } from '../command.ts';
import { openTeamDesk } from '../team-desk.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const dir = findTeam(surroundings.home, args.team);
  const team = readTeam(dir);
  // The lead, unless that is on another host.
  const agent = typeof args.agent === 'string' ? args.agent : (team.agents[0]?.name ?? 'lead');
  findAgent(team, agent);
  refuseEnded(team, agent);
  await attachTo(dir, agent, surroundings, { readOnly: args.readOnly === true });
};

/** Throws TEAM_ENDED: the terminals of a team that has ended are gone, and what they showed is recorded. */
export function refuseEnded({ name, phase }: TeamRecord, agent: string): void {
  if (phase === 'running') return;
  throw new CoworkError('TEAM_ENDED', `Team "${name}" is ${phase}; its agents have no terminals any more.`, {
    hint: `See what happened with \`cowork replay ${agent} -t ${name}\`, or bring the team back with \`cowork resume -t ${name}\`.`,
  });
}

/** Shows an agent's pane until the person detaches; a signal ends this process as it would have. A visit says no goodbye. */
export async function attachTo(
  dir: string,
  agent: string,
  { stdin, stdout }: Surroundings,
  { isVisit, ...options }: { readOnly?: boolean; waitForFirst?: boolean; isVisit?: boolean } = {},
): Promise<AttachResult> {
  const end = await attach({ team: openTeamDesk(dir), agent, stdin, stdout, ...options });
  if (end.reason === 'signal') process.kill(process.pid, end.signal);
  if (end.reason === 'detached' && isVisit !== true) {
    stdout.write(`Detached; the team goes on. Back with: cowork attach -t ${readTeam(dir).name}\n`);
  }
  return end;
}
