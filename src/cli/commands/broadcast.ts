import { openMailbox } from '../../mailbox/mailbox.ts';
import { broadcastAsUser } from '../../supervisor/by-user/say.ts';
import { findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { priorityOf } from '../priority.ts';

export const run: CommandModule['run'] = async ({ team, text, priority, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  const word = { text: String(text), priority: priorityOf(priority) };
  const messages = await broadcastAsUser(dir, openMailbox(dir), word);
  if (json) stdout.write(`${JSON.stringify(messages)}\n`);
  else stdout.write(`Sent to ${messages.map(({ to }) => to).join(', ')}.\n`);
};
