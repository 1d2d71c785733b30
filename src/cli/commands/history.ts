import { CoworkError } from '../../protocol/errors.ts';
import { searchHistory } from '../../supervisor/history.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';
import { brief } from '../print.ts';

export const run: CommandModule['run'] = async ({ words, last, json }, { home, stdout }) => {
  const limit = last === undefined ? 20 : Number(last);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new CoworkError('USAGE', '--last takes a whole number above 0.');
  const found = await searchHistory(home, String(words), limit);
  if (json) {
    stdout.write(`${JSON.stringify(found)}\n`);
    return;
  }
  if (found.length === 0) stdout.write('No team has anything of that.\n');
  for (const { team, state, job, created, excerpt } of found) {
    const where = plainText(excerpt.replaceAll(/\s+/g, ' '));
    stdout.write(`${team}  ${state}, ${created.slice(0, 10)}: ${brief(job, 60)}\n    ${where}\n`);
  }
};
