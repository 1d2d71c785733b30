import { openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { Message, MessageState } from '../../protocol/message.ts';
import { sendAsUser } from '../../supervisor/by-user/say.ts';
import { findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { givenText } from '../given-text.ts';
import { priorityOf } from '../priority.ts';

export const run: CommandModule['run'] = async (args, { home, stdin, stdout, stderr }) => {
  const dir = findTeam(home, args.team);
  const mailbox = openMailbox(dir);
  const sent = await sendAsUser(dir, mailbox, {
    to: String(args.agent),
    text: await givenText(args.text, stdin),
    priority: priorityOf(args.priority),
    ...(typeof args.replyTo === 'string' ? { replyTo: args.replyTo } : {}),
    ...(typeof args.key === 'string' ? { key: args.key } : {}),
  });
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

function sentLine({ to, id, state }: Message, wanted: MessageState | undefined): string {
  return wanted === undefined ? `Sent to ${to} (${id}).\n` : `Sent to ${to} (${id}): ${state}.\n`;
}

function secondsOf(given: unknown): number {
  if (typeof given === 'number' && Number.isFinite(given) && given > 0) return given;
  throw new CoworkError('USAGE', '--timeout takes a number of seconds above 0.');
}
