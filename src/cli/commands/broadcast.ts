import { text as readAll } from 'node:stream/consumers';
import { openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { runningMembers } from '../../team/roster.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { priorityOf } from '../priority.ts';

export const run: CommandModule['run'] = async (
  { team, text, priority, key, json },
  { home, stdin, stdout },
) => {
  const dir = findTeam(home, team);
  const record = readTeam(dir);
  if (record.phase !== 'running')
    throw new CoworkError('TEAM_ENDED', `Team "${record.name}" is ${record.phase}.`);
  const said = text === '-' ? await readAll(stdin) : String(text);
  if (said.trim() === '') throw new CoworkError('USAGE', 'There is nothing to send: the text is empty.');
  const messages = await openMailbox(dir).broadcast({
    from: 'user',
    recipients: runningMembers(record),
    text: said,
    priority: priorityOf(priority),
    incarnation: 0,
    ...(typeof key === 'string' ? { key } : {}),
  });
  if (json) stdout.write(`${JSON.stringify(messages)}\n`);
  else stdout.write(`Sent to ${messages.map(({ to }) => to).join(', ')}.\n`);
};
