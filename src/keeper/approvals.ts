import { agreeForTeam } from '../extensions/use/team-extensions.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Approval } from '../protocol/approval.ts';
import { watchFolder } from '../store/watch.ts';
import { closeAlert } from '../team/alerts.ts';
import { askApproval, expireApprovals, listApprovals } from '../team/approvals.ts';
import { landForTeam } from '../team/landing.ts';
import { readTeam, type TeamGrant } from '../team/team.ts';
import { HOST_REFUSED } from './egress-log.ts';
import type { DeletionStop } from './grant-files.ts';
import { tellPlan } from './plans.ts';
import { isOfServers } from './servers/ask-user.ts';

interface FollowOptions {
  dir: string;
  agent: string;
  incarnation: number;
  mailbox: Mailbox;
  /** Hears whether the agent may go on deleting in a grant. */
  onDeletions: (grant: string, isAllowed: boolean) => void;
  /** Hears what the user said to one of the agent's MCP servers. */
  onForm: (approval: Approval) => void;
  /** Hears that the user has agreed to a server of the project. */
  onServer: () => void;
  /** Shows the agent what was granted since its start, and says which grants have failed. */
  showGrants: (grants: readonly TeamGrant[]) => readonly { name: string; reason: string }[];
  /** Where the agent sees a grant. */
  pathOf: (grant: TeamGrant) => string;
  signal: AbortSignal;
}

/**
 * Follows the answers to what this agent has asked for: shows new folders, and tells the agent by mail, once. All agents
 * of the team get a folder that one of them was given.
 */
export async function followApprovals(options: FollowOptions): Promise<void> {
  const { dir, agent, mailbox, showGrants, signal } = options;
  const told = new Set<string>();
  for await (const _ of watchFolder(dir, { signal })) {
    await expireApprovals(dir, agent);
    if (agent === 'lead') await expireApprovals(dir, 'team');
    const news = listApprovals(dir).filter(({ id, state }) => state !== 'open' && !told.has(id));
    for (const approval of news.filter((each) => each.agent === 'team')) {
      told.add(approval.id);
      await landForTeam(dir, approval);
      const { checksum } = approval.detail;
      if (approval.kind === 'connector' && approval.state === 'allowed' && typeof checksum === 'string') {
        await agreeForTeam(dir, checksum);
        options.onServer();
      }
    }
    const answered = news.filter((approval) => approval.agent === agent);
    for (const approval of answered.filter(isOfServers)) {
      told.add(approval.id);
      if (approval.incarnation === options.incarnation) options.onForm(approval);
    }
    for (const approval of answered) {
      // Who answered has done so, unless they were killed.
      await landForTeam(dir, approval);
      if (approval.kind === 'host' && approval.state === 'allowed')
        await closeAlert(dir, agent, HOST_REFUSED);
      const { grant } = approval.detail;
      const isNow = approval.kind === 'deletions' && approval.incarnation === options.incarnation;
      if (isNow && typeof grant === 'string') options.onDeletions(grant, approval.state === 'allowed');
    }
    const { grants } = readTeam(dir);
    const failed = showGrants(grants);
    for (const approval of answered) {
      if (told.has(approval.id)) continue;
      told.add(approval.id);
      if (approval.kind === 'plan') await tellPlan(mailbox, approval);
      if (approval.kind === 'plan' || approval.kind === 'budget') continue; // a limit that was raised is felt
      const grant = grants.find((each) => each.approval === approval.id);
      const reason = failed.find(({ name }) => name === grant?.name)?.reason;
      const text = tidings(approval, grant && { path: options.pathOf(grant), mode: grant.mode, reason });
      const key = `approval-${approval.id}`;
      // An answer to a question is the user's own word.
      const isAnswer = approval.kind === 'question' && approval.answeredBy === 'user';
      const said = isAnswer
        ? ({ from: 'user', kind: 'message' } as const)
        : ({ from: 'team', kind: 'notice' } as const);
      await mailbox.send({ ...said, to: agent, text, incarnation: 0, key });
    }
  }
}

/** Asks the user whether an agent may go on deleting, and tells the agent why it was stopped. */
export async function askAboutDeletions(of: {
  dir: string;
  agent: string;
  incarnation: number;
  mailbox: Mailbox;
  stop: DeletionStop;
}): Promise<void> {
  const { dir, agent, incarnation, mailbox, stop } = of;
  const what = `deleting more than ${stop.limit} in ${stop.grant}`;
  const why = `It has deleted ${stop.deleted} files of ${stop.grant} in one turn. What was deleted is kept: see \`cowork diff\`.`;
  const { id } = await askApproval(dir, {
    ...{ kind: 'deletions', agent, incarnation, what, why },
    detail: { ...stop },
  });
  const text = `You have deleted ${stop.deleted} files in the grant ${stop.grant} in one turn. To go on, more than ${stop.limit} would go, so each further deletion there is refused (Operation not permitted) until the user has answered request ${id}. Everything else works. If you did not mean to delete so much, stop and look; else go on with other work, you will be told.`;
  await mailbox.send({ from: 'team', to: agent, kind: 'notice', text, incarnation: 0, key: `stop-${id}` });
}

function tidings(
  { id, kind, what, state, note }: Approval,
  grant: { path: string; mode: string; reason: string | undefined } | undefined,
): string {
  if (kind === 'question' && state !== 'expired') {
    const answer = note === '' ? (state === 'allowed' ? 'Yes.' : 'No.') : note;
    return `To your question ${id} (${what}): ${answer}`;
  }
  const word = note === '' ? '' : ` The user says: ${note}`;
  const subject = `your request ${id} (${kind}: ${what})`;
  if (state === 'expired') return `Nobody has answered ${subject}; that means no. Go on without it.`;
  if (state === 'denied') return `The user has denied ${subject}. Go on without it.${word}`;
  if (kind === 'host')
    return `The user has allowed ${subject}. Programs reach it through the proxy now, those of the whole team.${word}`;
  if (grant === undefined) return `The user has allowed ${subject}.${word}`;
  if (grant.reason !== undefined)
    return `The user has allowed ${subject}, but it can't be shown to you: ${grant.reason}.${word}`;
  return `The user has allowed ${subject}. The folder is at ${grant.path} (${grant.mode}), for the whole team.${word}`;
}
