import { openMailbox } from '../../mailbox/mailbox.ts';
import { broadcastAsUser } from '../../supervisor/by-user/say.ts';
import { findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { givenText } from '../given-text.ts';
import { priorityOf } from '../priority.ts';

export const run: CommandModule['run'] = async (args, { home, stdin, stdout }) => {
  const { team, text, priority, key, json } = args;
  const dir = findTeam(home, team);
  const word = {
    text: await givenText(text, stdin),
    priority: priorityOf(priority),
    ...(typeof key === 'string' ? { key } : {}),
  };
  const messages = await broadcastAsUser(dir, openMailbox(dir), word);
  if (json) stdout.write(`${JSON.stringify(messages)}\n`);
  else stdout.write(`Sent to ${messages.map(({ to }) => to).join(', ')}.\n`);
};
