import { createInterface } from 'node:readline/promises';
import type { Surroundings } from './command.ts';

/** Asks at the terminal; everything but a yes is a no, also Ctrl-C and Ctrl-D. */
export async function askYesNo(
  question: string,
  { stdin, stderr }: Pick<Surroundings, 'stdin' | 'stderr'>,
): Promise<boolean> {
  const reader = createInterface({ input: stdin, output: stderr });
  // The question itself would wait for ever.
  const left = new Promise<string>((resolve) => {
    reader.once('SIGINT', () => resolve(''));
    reader.once('close', () => resolve(''));
  });
  try {
    const answer = await Promise.race([reader.question(question), left]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
