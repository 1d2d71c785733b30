import { openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { runningMembers } from '../../team/roster.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { priorityOf } from '../priority.ts';

export const run: CommandModule['run'] = async ({ team, text, priority, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  const record = readTeam(dir);
  if (record.phase !== 'running')
    throw new CoworkError('TEAM_ENDED', `Team "${record.name}" is ${record.phase}.`);
  const messages = await openMailbox(dir).broadcast({
    from: 'user',
    recipients: runningMembers(record),
    text: String(text),
    priority: priorityOf(priority),
    incarnation: 0,
  });
  if (json) stdout.write(`${JSON.stringify(messages)}\n`);
  else stdout.write(`Sent to ${messages.map(({ to }) => to).join(', ')}.\n`);
};
