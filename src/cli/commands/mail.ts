import { openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/message.ts';
import { plainText } from '../../protocol/plain.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async (args, { home, stdout }) => {
  const dir = findTeam(home, args.team);
  const team = readTeam(dir);
  if (typeof args.agent === 'string' && args.agent !== 'user') findAgent(team, args.agent);
  const filter = {
    ...(typeof args.agent === 'string' ? { agent: args.agent } : {}),
    ...(typeof args.from === 'string' ? { from: args.from } : {}),
    ...(typeof args.grep === 'string' ? { grep: toExpression(args.grep) } : {}),
    ...(typeof args.since === 'string' ? { since: toTime(args.since) } : {}),
  };
  const show = (message: Message): void => {
    stdout.write(args.json ? `${JSON.stringify(message)}\n` : render(message));
  };
  const mailbox = openMailbox(dir);
  if (args.follow !== true) {
    const messages = await mailbox.log(filter);
    for (const message of messages) show(message);
    return;
  }
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  for await (const message of mailbox.follow({ ...filter, signal: asked.signal })) show(message);
};

function render(message: Message): string {
  const { created, from, to, kind, priority, text, broadcastId, state } = message;
  const marks = [
    state,
    kind === 'message' ? '' : kind,
    priority === 'steer' ? '' : priority,
    broadcastId ? 'broadcast' : '',
  ];
  const head = `${created.slice(11, 23)}  ${from} → ${to}  [${marks.filter((mark) => mark !== '').join(', ')}]`;
  const body = plainText(text, { lines: true }).replaceAll('\n', '\n    ');
  return `${head}\n    ${body}\n`;
}

function toExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'i');
  } catch (error) {
    throw new CoworkError('USAGE', `${JSON.stringify(source)} is no regular expression.`, { cause: error });
  }
}

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment, given as ISO 8601 or as a length of time before now. */
function toTime(given: string): Date {
  const ago = /^(\d+)([smhd])$/.exec(given);
  const at = ago ? Date.now() - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0) : Date.parse(given);
  if (Number.isNaN(at)) {
    throw new CoworkError('USAGE', `${JSON.stringify(given)} is no time.`, {
      hint: 'Use 2026-11-21T10:00:00Z, or 10m, 2h, 3d.',
    });
  }
  return new Date(at);
}
