import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Surroundings } from './command.ts';

/** Asks at the terminal for what nobody is to read over a shoulder: what is typed is not shown. Ctrl-C and Ctrl-D give nothing. */
export async function askHidden(
  question: string,
  { stdin, stderr }: Pick<Surroundings, 'stdin' | 'stderr'>,
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  stderr.write(question);
  const ended = new AbortController();
  reader.once('SIGINT', () => reader.close());
  try {
    const line = once(reader, 'line', { signal: ended.signal }).then(([text]) => String(text));
    const left = once(reader, 'close', { signal: ended.signal }).then(() => '');
    return await Promise.race([line, left]);
  } finally {
    ended.abort();
    reader.close();
    stderr.write('\n');
  }
}
