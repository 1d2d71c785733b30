import { findSkill, skillsOf } from '../../extensions/use/skills-of-agent.ts';
import { readTeamExtensions } from '../../extensions/use/team-extensions.ts';
import { post } from '../../keeper/post.ts';
import type { Mailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { Message, Priority } from '../../protocol/message.ts';
import { nearestName } from '../../protocol/names.ts';
import { runningMembers } from '../../team/roster.ts';
import { readTeam } from '../../team/team.ts';

/** What a person says to one agent. */
export interface UserWord {
  to: string;
  text: string;
  priority: Priority;
  /** Id of the message that it answers; that is settled with it. */
  replyTo?: string;
  key?: string;
}

/** Sends a message of the user. Throws AGENT_UNKNOWN, SKILL_UNKNOWN, MESSAGE_UNKNOWN, and what the mailbox throws. */
export async function sendAsUser(dir: string, mailbox: Mailbox, word: UserWord): Promise<Message> {
  await assertCommandKnown(dir, word.text);
  if (word.replyTo !== undefined) await assertMessageKnown(mailbox, word.replyTo);
  const sent = await post(mailbox, readTeam(dir), { ...word, from: 'user', incarnation: 0 });
  if (word.replyTo !== undefined) await settleAnswered(mailbox, word.replyTo);
  return sent;
}

/** Sends a message of the user to every agent that is wanted running. Throws TEAM_ENDED, and what the mailbox throws. */
export async function broadcastAsUser(
  dir: string,
  mailbox: Mailbox,
  word: Pick<UserWord, 'text' | 'priority' | 'key'>,
): Promise<Message[]> {
  const team = readTeam(dir);
  if (team.phase !== 'running') throw new CoworkError('TEAM_ENDED', `Team "${team.name}" is ${team.phase}.`);
  const recipients = runningMembers(team);
  return mailbox.broadcast({ ...word, from: 'user', recipients, incarnation: 0 });
}

/** An answer to nothing would stand in no thread. What is answered is most often mail to the user: that is looked through first. */
async function assertMessageKnown(mailbox: Mailbox, id: string): Promise<void> {
  if ((await mailbox.find('user', id)) !== undefined) return;
  if ((await mailbox.log()).some((message) => message.id === id)) return;
  throw new CoworkError('MESSAGE_UNKNOWN', `There is no message ${id} to answer.`);
}

/** What the person has answered is settled. The answer is sent; should the mark fail, only that is missing. */
async function settleAnswered(mailbox: Mailbox, id: string): Promise<void> {
  const answered = await mailbox.find('user', id);
  if (answered === undefined) return; // somebody else's mail
  await mailbox
    .userInbox()
    .mark('acked', [answered.seq])
    .catch(() => undefined);
}

/** A command of a plugin that the team does not have would reach its agent as mere words. Throws SKILL_UNKNOWN. */
async function assertCommandKnown(dir: string, text: string): Promise<void> {
  const name = /^\/([\p{L}\p{N}][\p{L}\p{N}._-]*:[\p{L}\p{N}._:-]+)(?:\s|$)/u.exec(text)?.[1];
  if (name === undefined) return;
  const skills = skillsOf(readTeamExtensions(dir)).filter(({ forUser }) => forUser);
  if (findSkill(skills, name) !== undefined) return;
  const nearest = nearestName(
    name,
    skills.map(({ fullName }) => fullName),
  );
  throw new CoworkError('SKILL_UNKNOWN', `The team has no command /${name}; nothing was sent.`, {
    ...(nearest === undefined ? {} : { hint: `Did you mean /${nearest}?` }),
  });
}
