import type { Mailbox, Outgoing } from '../mailbox/mailbox.ts';
import type { Message } from '../protocol/message.ts';
import type { TeamRecord } from '../team/team.ts';
import { findMember } from '../team/team.ts';

/**
 * Sends a message to an agent of the roster or to the user. To an agent that is stopped it is kept and marked
 * undeliverable, and the answer says so. Throws AGENT_UNKNOWN with the nearest name.
 */
export async function post(mailbox: Mailbox, team: TeamRecord, message: Outgoing): Promise<Message> {
  const recipient = message.to === 'user' ? undefined : findMember(team, message.to);
  const sent = await mailbox.send(message);
  if (recipient === undefined || (recipient.wanted === 'running' && team.phase === 'running')) return sent;
  const reason = team.phase === 'running' ? `${message.to} is stopped` : `the team is ${team.phase}`;
  await mailbox.markUndeliverable({ agent: message.to, messages: [sent.id], reason });
  return { ...sent, state: 'undeliverable' };
}
