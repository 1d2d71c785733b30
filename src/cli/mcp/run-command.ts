import { spawn } from 'node:child_process';
import { CoworkError, type ErrorBody } from '../../protocol/errors.ts';

/** Most output of a command that is handed on, bytes. */
const OUTPUT_MAX = 4 * 1024 * 1024;

/** What came of a command: its output, or the error that it ended with. */
export type CommandOutcome = { value: unknown } | ErrorBody;

/**
 * Runs a command of cowork in a process of its own, as a person would, so that all its checks hold, and nothing that it prints gets
 * into the conversation with the client. `words` are told to the program one by one; no shell reads them.
 */
export function runCommand(
  words: readonly string[],
  { env, signal, hasLines }: { env: NodeJS.ProcessEnv; signal: AbortSignal; hasLines: boolean },
): Promise<CommandOutcome> {
  const [command = '', ...rest] = words;
  const at = rest.indexOf('--');
  const all = at < 0 ? [...rest, '--json'] : [...rest.slice(0, at), '--json', ...rest.slice(at)];
  const { promise, resolve } = Promise.withResolvers<CommandOutcome>();
  const child = spawn(process.execPath, [process.argv[1] ?? '', command, ...all], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  child.once('error', (error) => resolve(failure(error.message)));
  child.once('close', (code) => {
    if (code !== 0 && stdout() === '') return resolve(errorIn(stderr()));
    try {
      resolve({ value: hasLines ? linesOf(stdout()) : JSON.parse(stdout() || 'null') });
    } catch {
      resolve(failure(`cowork ${command} answered with no JSON: ${stdout().slice(0, 200)}`));
    }
  });
  return promise;
}

function gather(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= OUTPUT_MAX) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

/** The error that a command wrote, behind whatever it said before. */
function errorIn(stderr: string): ErrorBody {
  const line = stderr
    .trim()
    .split('\n')
    .findLast((each) => each.startsWith('{"error"'));
  try {
    return JSON.parse(line ?? '') as ErrorBody; // written by ourselves
  } catch {
    return failure(stderr.trim().slice(-1_000) || 'the command said nothing');
  }
}

const failure = (message: string): ErrorBody => new CoworkError('INTERNAL', message).toJSON();
