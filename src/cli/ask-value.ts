import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Surroundings } from './command.ts';

/** Asks for a line at the terminal; what is typed stays unseen when it is secret. Undefined after Ctrl-C and Ctrl-D. */
export async function askValue(
  question: string,
  { stdin, stderr }: Pick<Surroundings, 'stdin' | 'stderr'>,
  { isSecret }: { isSecret: boolean },
): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: isSecret ? nowhere : stderr, terminal: true });
  const left = new Promise<undefined>((resolve) => {
    reader.once('SIGINT', () => resolve(undefined));
    reader.once('close', () => resolve(undefined));
  });
  try {
    if (isSecret) stderr.write(question);
    return await Promise.race([reader.question(isSecret ? '' : question), left]);
  } finally {
    reader.close();
    if (isSecret) stderr.write('\n');
  }
}
