import { post } from '../../keeper/post.ts';
import { openMailbox } from '../../mailbox/mailbox.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { priorityOf } from '../priority.ts';

export const run: CommandModule['run'] = async (
  { team, agent, text, priority, json },
  { home, stdout, stderr },
) => {
  const dir = findTeam(home, team);
  const message = await post(openMailbox(dir), readTeam(dir), {
    from: 'user',
    to: String(agent),
    text: String(text),
    priority: priorityOf(priority),
    incarnation: 0,
  });
  if (json) stdout.write(`${JSON.stringify(message)}\n`);
  else if (message.state === 'undeliverable')
    stderr.write(`Kept, but ${message.to} does not run and will not read it.\n`);
  else stdout.write(`Sent to ${message.to} (${message.id}).\n`);
};
