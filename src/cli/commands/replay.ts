import { openMailbox } from '../../mailbox/mailbox.ts';
import { type ReplayMark, replay } from '../../pane/replay.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { Message } from '../../protocol/message.ts';
import { recordingFile } from '../../team/paths.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { brief } from '../print.ts';

export const run: CommandModule['run'] = async (args, { home, stdin, stdout }) => {
  const dir = findTeam(home, args.team);
  const agent = String(args.agent);
  findAgent(readTeam(dir), agent);
  const mail = (await openMailbox(dir).log({})).filter(({ from, to }) => from === agent || to === agent);
  const file = recordingFile(dir, agent);
  const from = typeof args.at === 'string' ? secondsOf(args.at) : undefined;
  const wanted = typeof args.message === 'string' ? findMessage(mail, args.message) : undefined;
  const end = await replay({
    file,
    speed: Number(args.speed),
    ...(from === undefined ? {} : { from }),
    ...(wanted === undefined ? {} : { beginAt: Date.parse(wanted.created) }),
    marks: (startedAt) => mail.map((message) => markOf(message, startedAt)),
    stdin,
    stdout,
  });
  if (end.reason === 'signal') process.kill(process.pid, end.signal);
};

function markOf({ created, from, to, text }: Message, startedAt: number): ReplayMark {
  return { at: (Date.parse(created) - startedAt) / 1_000, label: `${from} → ${to}: ${brief(text, 80)}` };
}

/** Seconds from 90, 1:30 or 1:02:03. */
function secondsOf(given: string): number {
  if (!/^\d+(?::[0-5]?\d){0,2}(?:\.\d+)?$/.test(given)) {
    throw new CoworkError('USAGE', `${JSON.stringify(given)} is no time.`, {
      hint: 'Use 90, 1:30 or 1:02:03.',
    });
  }
  return given.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** The message with this id, else the first whose text holds the words. */
function findMessage(mail: readonly Message[], wanted: string): Message {
  const words = wanted.toLowerCase();
  const found =
    mail.find(({ id }) => id === wanted) ?? mail.find(({ text }) => text.toLowerCase().includes(words));
  if (found !== undefined) return found;
  throw new CoworkError('USAGE', `No mail of this agent has the id or the words ${JSON.stringify(wanted)}.`, {
    hint: 'See `cowork mail --agent NAME`.',
  });
}
