import { text as readAll } from 'node:stream/consumers';
import { findSkill, skillsOf } from '../../extensions/use/skills-of-agent.ts';
import { readTeamExtensions } from '../../extensions/use/team-extensions.ts';
import { post } from '../../keeper/post.ts';
import { type Mailbox, openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { Message, MessageState } from '../../protocol/message.ts';
import { nearestName } from '../../protocol/names.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { priorityOf } from '../priority.ts';

export const run: CommandModule['run'] = async (args, { home, stdin, stdout, stderr }) => {
  const dir = findTeam(home, args.team);
  const mailbox = openMailbox(dir);
  const text = args.text === '-' ? await readAll(stdin) : String(args.text);
  if (text.trim() === '') throw new CoworkError('USAGE', 'There is nothing to send: the text is empty.');
  await assertCommandKnown(dir, text);
  const sent = await post(mailbox, readTeam(dir), {
    from: 'user',
    to: String(args.agent),
    text,
    priority: priorityOf(args.priority),
    incarnation: 0,
    ...(typeof args.replyTo === 'string' ? { replyTo: args.replyTo } : {}),
    ...(typeof args.key === 'string' ? { key: args.key } : {}),
  });
  if (typeof args.replyTo === 'string') await settleAnswered(mailbox, args.replyTo);
  const wanted = typeof args.wait === 'string' ? (args.wait as MessageState) : undefined; // the parser has checked it
  const timeoutMs = wanted === undefined ? 0 : secondsOf(args.timeout) * 1000;
  const message =
    wanted === undefined || sent.state === 'undeliverable'
      ? sent
      : await mailbox.untilState(sent, wanted, { timeoutMs });
  if (args.json) stdout.write(`${JSON.stringify(message)}\n`);
  else if (message.state === 'undeliverable')
    stderr.write(`Kept, but ${message.to} does not run and will not read it.\n`);
  else stdout.write(sentLine(message, wanted));
  return wanted !== undefined && message.state === 'undeliverable' ? 1 : undefined;
};

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

function sentLine({ to, id, state }: Message, wanted: MessageState | undefined): string {
  return wanted === undefined ? `Sent to ${to} (${id}).\n` : `Sent to ${to} (${id}): ${state}.\n`;
}

function secondsOf(given: unknown): number {
  if (typeof given === 'number' && Number.isFinite(given) && given > 0) return given;
  throw new CoworkError('USAGE', '--timeout takes a number of seconds above 0.');
}
