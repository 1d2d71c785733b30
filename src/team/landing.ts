import type { Approval } from '../protocol/approval.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { GrantMode } from '../protocol/team.ts';
import { listApprovals } from './approvals.ts';
import { raisedCap } from './caps.ts';
import { landGrant } from './grants.ts';
import { landHost } from './hosts.ts';
import { changeProjectRecord } from './project-record.ts';
import { movePlan } from './roster.ts';
import { findAgent, readTeam, updateTeam } from './team.ts';

/**
 * Does for the team what the answer to a request says, once however often it is called: whoever answered does it, and the agent's keeper again, for
 * who was killed between the two.
 */
export async function landForTeam(dir: string, approval: Approval): Promise<void> {
  if (approval.kind === 'plan') await landPlan(dir, approval);
  if (approval.state !== 'allowed') return;
  if (approval.kind === 'folder') await landGrant(dir, approval);
  if (approval.kind === 'host') await landHost(dir, approval);
  if (approval.kind === 'budget') await landBudget(dir, approval);
}

/** Only the latest plan of a teammate counts; one before it was answered or taken back. */
async function landPlan(dir: string, { id, agent, state }: Approval): Promise<void> {
  const plans = listApprovals(dir).filter((each) => each.kind === 'plan' && each.agent === agent);
  const { plan } = findAgent(readTeam(dir), agent);
  if (state === 'open' || plans.at(-1)?.id !== id || plan !== 'submitted') return;
  await movePlan(
    dir,
    agent,
    ['submitted', 'needed', 'approved'],
    state === 'allowed' ? 'approved' : 'needed',
  );
}

/** Raises the limit that was reached to what was answered, unless it is higher by now. */
async function landBudget(dir: string, { detail, result }: Approval): Promise<void> {
  const { what, agent } = detail;
  const { limit } = result;
  if (typeof what !== 'string' || typeof limit !== 'number') return;
  await updateTeam(dir, (team) =>
    raisedCap(team, { what, agent: typeof agent === 'string' ? agent : null, limit }),
  );
}

/** Writes down that later teams of the project have it, too: exactly what was answered, and no more. Throws USAGE for a team without a project. */
export async function landForProject(home: string, dir: string, approval: Approval): Promise<void> {
  const { name, project } = readTeam(dir);
  if (project === undefined) throw noProject();
  const by = { team: name, request: approval.id, who: approval.answeredWho, at: approval.answered ?? '' };
  const { host, path, mode } = approval.result;
  if (typeof host === 'string')
    await changeProjectRecord(home, project, (record) => ({
      ...record,
      hosts: [...record.hosts.filter((each) => each.host !== host), { host, ...by }],
    }));
  if (typeof path === 'string' && typeof mode === 'string')
    await changeProjectRecord(home, project, (record) => ({
      ...record,
      // `answerRequest` has read the mode.
      folders: [
        ...record.folders.filter((each) => each.path !== path),
        { path, mode: mode as GrantMode, ...by },
      ],
    }));
}

export function noProject(): CoworkError {
  return new CoworkError('USAGE', 'The team belongs to no project.', {
    hint: 'Allow it for the team: leave out --always.',
  });
}
