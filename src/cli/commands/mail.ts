import { type Mailbox, openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { Message, MessageKind } from '../../protocol/message.ts';
import { messageEvents, readTimeline, type TimelineEvent } from '../../supervisor/timeline.ts';
import { findMember, findTeam, readTeam, type TeamRecord } from '../../team/team.ts';
import type { CommandArguments, CommandModule } from '../command.ts';
import { renderEvents, renderMessage } from '../render-mail.ts';

export const run: CommandModule['run'] = async (args, { home, stdout }) => {
  const dir = findTeam(home, args.team);
  const team = readTeam(dir);
  if (typeof args.agent === 'string' && args.agent !== 'user') findMember(team, args.agent);
  const filter = filterOf(args);
  const mailbox = openMailbox(dir);
  if (typeof args.from === 'string') await assertSender(mailbox, team, args.from);
  if (typeof args.message === 'string') {
    const { message: id } = args;
    const found = (await mailbox.log()).find((message) => message.id === id);
    if (found === undefined) throw new CoworkError('MESSAGE_UNKNOWN', `There is no message ${id}.`);
    const whole = { ...found, text: await mailbox.body(found) };
    stdout.write(args.json ? `${JSON.stringify(whole)}\n` : renderMessage(whole));
    return;
  }
  if (args.timeline === true) {
    refuseWith(args, ['json', 'follow', 'thread']);
    const events: TimelineEvent[] = await readTimeline(dir, await mailbox.log(filter), filter);
    stdout.write(renderEvents(events));
    return;
  }
  const show = (message: Message): void => {
    stdout.write(args.json ? `${JSON.stringify(message)}\n` : renderMessage(message));
  };
  if (args.follow !== true) {
    const messages = await mailbox.log(filter);
    if (args.json) for (const message of messages) show(message);
    else stdout.write(renderEvents(messageEvents(messages)));
    return;
  }
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  for await (const message of mailbox.follow({ ...filter, signal: asked.signal })) show(message);
};

/** A sender that is misspelt would look like one that has said nothing. Who has left the roster may have written. */
async function assertSender(mailbox: Mailbox, team: TeamRecord, from: string): Promise<void> {
  if (from === 'user' || from === 'team') return;
  if ((await mailbox.log({ from, last: 1 })).length === 0) findMember(team, from);
}

function filterOf(args: CommandArguments) {
  return {
    ...(typeof args.agent === 'string' ? { agent: args.agent } : {}),
    ...(typeof args.from === 'string' ? { from: args.from } : {}),
    ...(typeof args.kind === 'string' ? { kind: args.kind as MessageKind } : {}), // the parser has checked it
    ...(typeof args.thread === 'string' ? { thread: args.thread } : {}),
    ...(typeof args.grep === 'string' ? { grep: toExpression(args.grep) } : {}),
    ...(typeof args.since === 'string' ? { since: toTime(args.since) } : {}),
    ...(args.last === undefined ? {} : { last: toCount(args.last) }),
  };
}

function refuseWith(args: CommandArguments, names: readonly string[]): void {
  const given = names.find((name) => args[name] !== undefined && args[name] !== false);
  if (given === undefined) return;
  throw new CoworkError('USAGE', `--timeline can't go with --${given}.`, {
    hint: 'It is for people; programs read `cowork mail --json` and `cowork tasks show ID --json`.',
  });
}

function toExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'i');
  } catch (error) {
    throw new CoworkError('USAGE', `${JSON.stringify(source)} is no regular expression.`, { cause: error });
  }
}

function toCount(given: unknown): number {
  if (Number.isSafeInteger(given) && Number(given) > 0) return Number(given);
  throw new CoworkError('USAGE', '--last takes a whole number above 0.');
}

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment, given as ISO 8601 or as a length of time before now. */
function toTime(given: string): Date {
  const ago = /^(\d+)([smhd])$/.exec(given);
  // Date.parse alone takes `-1` and `x 5` for days of 2001.
  const moment = /^\d{4}(-\d|$)/.test(given) ? Date.parse(given) : Number.NaN;
  const at = ago ? Date.now() - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0) : moment;
  if (Number.isNaN(at)) {
    throw new CoworkError('USAGE', `${JSON.stringify(given)} is no time.`, {
      hint: 'Use 2026-11-21T10:00:00Z, or 10m, 2h, 3d.',
    });
  }
  return new Date(at);
}
