import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Approval } from '../protocol/approval.ts';
import {
  answerApproval,
  askApproval,
  findApproval,
  openApprovals,
  settleOtherwise,
} from '../team/approvals.ts';
import { landForTeam } from '../team/landing.ts';
import { movePlan } from '../team/roster.ts';
import { findAgent, readTeam, type TeamRecord } from '../team/team.ts';

const WHAT_MAX = 120;

/**
 * Puts a plan into the inbox of requests beside the lead's mail: lead or user decides, whoever is first. Throws PLAN_STATE when the teammate
 * needs none.
 */
export async function submitPlan(
  dir: string,
  { agent, incarnation, plan }: { agent: string; incarnation: number; plan: string },
): Promise<TeamRecord> {
  const { plan: state } = findAgent(readTeam(dir), agent);
  if (state === undefined || state === 'approved') return movePlan(dir, agent, FROM, 'submitted'); // which refuses
  const before = openPlan(dir, agent);
  if (before !== undefined) await settleOtherwise(dir, before.id, 'expired', 'another plan was submitted');
  const what = plan.trim().split('\n', 1)[0]?.slice(0, WHAT_MAX) ?? '';
  // Asked first: from the move on, the latest request is the one that counts.
  const asked = { kind: 'plan', agent, incarnation, what, why: plan } as const;
  const { id } = await askApproval(dir, asked);
  const team = await movePlan(dir, agent, FROM, 'submitted');
  await landForTeam(dir, findApproval(dir, id)); // for who answered in between
  return team;
}

const FROM = ['needed', 'submitted'] as const;

/** The lead's decision, as the one answer to the request. Throws APPROVAL_SETTLED when the user was first; PLAN_STATE without a plan. */
export async function reviewPlan(
  dir: string,
  agent: string,
  { approve, feedback }: { approve: boolean; feedback: string },
): Promise<TeamRecord> {
  const open = openPlan(dir, agent);
  if (open === undefined) return movePlan(dir, agent, ['submitted'], approve ? 'approved' : 'needed');
  const state = approve ? 'allowed' : 'denied';
  const said = { id: open.id, state, by: 'lead', where: 'team', note: feedback } as const;
  await landForTeam(dir, await answerApproval(dir, said));
  return readTeam(dir);
}

/** Tells teammate and lead what the user has decided, or that nobody has; the lead's own word its tool has sent. */
export async function tellPlan(mailbox: Mailbox, approval: Approval): Promise<void> {
  const { id, agent, state, answeredBy, answeredIn, note } = approval;
  if (answeredBy === 'lead' || answeredIn === 'record') return;
  const word = note === '' ? '' : ` ${note}`;
  const isAllowed = state === 'allowed';
  const text = isAllowed
    ? `Your plan is approved. You may change things now; go on with it.${word}`
    : `Your plan is not approved${state === 'expired' ? ': nobody has decided in time' : ''}.${word} Submit another one with submit_plan.`;
  const said =
    state === 'expired'
      ? ({ from: 'team', kind: 'notice' } as const)
      : ({ from: 'user', kind: 'message' } as const);
  await mailbox.send({ ...said, to: agent, text, incarnation: 0, key: `approval-${id}` });
  const decided = state === 'expired' ? 'Nobody has decided in time' : 'The user has decided';
  const told = `${decided} on the plan of ${agent}: ${isAllowed ? 'approved' : 'not approved'}.${word}`;
  await mailbox.send({
    from: 'team',
    to: 'lead',
    kind: 'notice',
    text: told,
    incarnation: 0,
    key: `approval-lead-${id}`,
  });
}

const openPlan = (dir: string, agent: string): Approval | undefined =>
  openApprovals(dir).find((approval) => approval.kind === 'plan' && approval.agent === agent);
