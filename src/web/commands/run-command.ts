import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CoworkError, ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { builtProgram } from '../../store/package-root.ts';

/** Somebody who listens to a command while it runs, and may end it as Ctrl-C does. */
export interface Following {
  /** A line of its stderr. */
  said(line: string): void;
  signal: AbortSignal;
}

/** Runs commands of cowork for the page. */
export interface Commands {
  /**
   * What `cowork WORDS --json` prints. A value that a person gave goes in as `--flag=VALUE`, or behind `--`: it is never a
   * flag. Throws what the command says on its stderr, and WEB_COMMAND_TIMEOUT.
   */
  run(words: readonly string[], deadlineMs?: number, following?: Following): Promise<unknown>;
}

/** How long a command may take that only reads, in milliseconds. */
const READ_MS = 60_000;
/** How long one that was told to end may take; a build of an image ends its programs and clears away what they made. */
const KILL_MS = 60_000;

/**
 * Each command is a process of its own: the page shows the line that a person would type, and this is what is run. A command
 * that hangs or dies takes nothing with it.
 */
export function openCommands(home: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Commands {
  return {
    run: async (words, deadlineMs = READ_MS, following = undefined) => {
      const dashes = words.indexOf('--');
      const at = dashes === -1 ? words.length : dashes;
      const line = [...words.slice(0, at), '--json', ...words.slice(at)];
      const deadline = AbortSignal.timeout(deadlineMs);
      const ending = AbortSignal.any([
        ...[signal, deadline],
        ...(following === undefined ? [] : [following.signal]),
      ]);
      const child = spawn(process.execPath, [builtProgram('cli.mjs'), ...line], {
        env: { ...process.env, ...env, COWORK_HOME: home },
        stdio: ['ignore', 'pipe', 'pipe'],
        signal: ending,
        // As Ctrl-C: a build of an image then ends its own programs, too.
        killSignal: 'SIGINT',
      });
      const killing = (): void => void setTimeout(() => child.kill('SIGKILL'), KILL_MS).unref();
      ending.addEventListener('abort', killing);
      const ended = new Promise<number | null>((resolve) => {
        child.on('error', () => undefined); // ended by us, or not to be started: `close` says so, too
        child.on('close', resolve);
      });
      const [code, out, said] = await Promise.all([
        ended,
        text(child.stdout),
        linesOf(child.stderr, following?.said),
      ]);
      ending.removeEventListener('abort', killing);
      if (code === 0) return JSON.parse(out);
      if (deadline.aborted)
        throw new CoworkError(
          'WEB_COMMAND_TIMEOUT',
          `\`cowork ${words[0]}\` did not end within ${deadlineMs / 1000} s.`,
        );
      throw (
        refusalIn(said) ?? new CoworkError('INTERNAL', `\`cowork ${words[0]}\` ended with ${code}: ${said}`)
      );
    },
  };
}

async function linesOf(stream: Readable, said: (line: string) => void = () => undefined): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface(stream)) {
    lines.push(line);
    said(line);
  }
  return lines.join('\n');
}

/** The error that a command has said, which stands on the last line of its stderr. */
function refusalIn(said: string): CoworkError | undefined {
  try {
    const { code, message, hint } = JSON.parse(said.trim().split('\n').at(-1) ?? '').error;
    return isCode(code) ? new CoworkError(code, String(message), { hint: String(hint) }) : undefined;
  } catch {
    return undefined; // it ended without a word of ours: the caller shows what it said
  }
}

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERRORS, code);
