import { text as readAll } from 'node:stream/consumers';
import { CoworkError } from '../protocol/errors.ts';

/** The text to be sent: as it was typed, or all of the standard input for `-`. Throws USAGE for an empty one. */
export async function givenText(typed: unknown, stdin: NodeJS.ReadableStream): Promise<string> {
  const text = typed === '-' ? await readAll(stdin) : String(typed);
  if (text.trim() === '') throw new CoworkError('USAGE', 'There is nothing to send: the text is empty.');
  return text;
}
