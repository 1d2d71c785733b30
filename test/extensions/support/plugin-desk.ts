import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Surroundings } from '../../../src/cli/command.ts';
import { run } from '../../../src/cli/commands/plugin.ts';
import { toCoworkError } from '../../../src/protocol/errors.ts';
import { temporaryFolder } from '../../support/temporary.ts';

/** A person who types `cowork plugin …`, with a home of their own; the command runs in this process, which is many times faster. */
export interface PluginDesk {
  home: string;
  /** The working directory. */
  folder: string;
  /** For whatever else a test needs. */
  tmp: string;
  env: NodeJS.ProcessEnv;
  /** Runs a command; with `--json` unless it is said. */
  plugin(
    words: readonly string[],
    options?: { isPlain?: boolean; stdin?: string },
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Runs a command that must succeed and print one JSON value. */
  json<Value = unknown>(...words: string[]): Promise<Value>;
  /** Runs a command that must fail. */
  refusal(...words: string[]): Promise<{ exit: number; code: string; message: string; hint: string }>;
}

const FLAGS: Record<string, string> = { '--yes': 'yes', '--run-source': 'runSource' };
const WITH_VALUE: Record<string, string> = { '--scope': 'scope', '-t': 'team' };

export async function openPluginDesk(): Promise<PluginDesk> {
  const root = await temporaryFolder();
  const [home, folder, tmp] = ['home', 'mine', 'tmp'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [folder, tmp]) mkdirSync(each);
  const before = process.cwd();
  const temporary = process.env.TMPDIR;
  process.chdir(folder);
  process.env.TMPDIR = tmp;
  onTestFinished(() => {
    process.chdir(before);
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
  });
  const env = { ...process.env };
  const plugin: PluginDesk['plugin'] = async (words, { isPlain = false, stdin = '' } = {}) => {
    const out = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof out) => ({
      write: (text: string) => {
        out[name] += text;
        return true;
      },
    });
    const surroundings = {
      home,
      env,
      stdin: Readable.from([stdin]),
      stdout: stream('stdout'),
      stderr: stream('stderr'),
    };
    // A command uses no more of its surroundings than this.
    const code = await run(
      { ...argumentsOf(words), json: !isPlain },
      surroundings as unknown as Surroundings,
    );
    return { code: code ?? 0, ...out };
  };
  return {
    ...{ home, folder, tmp, env, plugin },
    json: async (...words) => {
      const { code, stdout } = await plugin(words);
      if (code !== 0) throw new Error(`cowork plugin ${words.join(' ')} ended with ${code}: ${stdout}`);
      return JSON.parse(stdout);
    },
    refusal: async (...words) => {
      const outcome = await plugin(words).catch(toCoworkError);
      if (!(outcome instanceof Error))
        throw new Error(`cowork plugin ${words.join(' ')} said: ${outcome.stdout}`);
      return { exit: outcome.exitCode, ...outcome.toJSON().error };
    },
  };
}

function argumentsOf(words: readonly string[]): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  const plain: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const flag = FLAGS[word];
    const valued = WITH_VALUE[word];
    if (flag !== undefined) args[flag] = true;
    else if (word === '--config') args.config = [...((args.config as string[]) ?? []), words[++i]];
    else if (valued !== undefined) args[valued] = words[++i];
    else plain.push(word);
  }
  const names = ['action', 'what', 'which', 'value'];
  return { ...args, ...Object.fromEntries(plain.slice(0, names.length).map((word, i) => [names[i], word])) };
}
