import { openMailbox } from '../mailbox/mailbox.ts';
import type { Message } from '../protocol/message.ts';
import { runningMembers } from '../team/roster.ts';
import type { TeamRecord } from '../team/team.ts';

/** Longest piece of a message that its sender is reminded of, characters. */
const EXCERPT = 200;

/** Tells whoever has mail waiting at an agent that is stopped: one notice each, naming the messages. Told again, it arrives once. */
export async function tellSenders(
  dir: string,
  team: TeamRecord,
  stopped: string,
  incarnation: number,
): Promise<void> {
  const mailbox = openMailbox(dir);
  const waiting = (await mailbox.log({ agent: stopped })).filter(({ state }) =>
    ['queued', 'delivered'].includes(state),
  );
  const there = ['user', ...runningMembers(team)].filter((name) => name !== stopped);
  for (const [sender, messages] of Map.groupBy(waiting, ({ from }) => from)) {
    if (!there.includes(sender)) continue;
    await mailbox.send({
      from: 'team',
      to: sender,
      kind: 'notice',
      text: `${stopped} is stopped and has not read what you wrote to it:\n${messages.map(remind).join('\n')}`,
      incarnation: 0,
      key: `unread-of-${stopped}-${incarnation}-to-${sender}`,
    });
  }
}

function remind({ id, text }: Message): string {
  return `- ${id}: ${text.length > EXCERPT ? `${text.slice(0, EXCERPT)} …` : text}`;
}
