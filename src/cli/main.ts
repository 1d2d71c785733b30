import process from 'node:process';
import yargs, { type Options } from 'yargs';
import { CoworkError } from '../protocol/errors.ts';
import { nearestName } from '../protocol/names.ts';
import { closeBackends } from '../store/open-backend.ts';
import { packageVersion } from '../store/package-root.ts';
import { coworkHome } from '../team/paths.ts';
import type { CommandArguments, Surroundings } from './command.ts';
import { overview } from './overview.ts';
import { reportError } from './report-error.ts';
import type { Positional } from './table/shared.ts';
import { COMMANDS } from './table.ts';

/** Runs one command line; resolves with the exit code. */
async function main(words: string[], surroundings: Surroundings): Promise<number> {
  let exitCode = 0;
  const parser = yargs()
    .scriptName('cowork')
    .usage('$0 COMMAND\n\nRuns a team of AI agents on one large job, each in a micro-VM of its own.')
    .parserConfiguration({ 'boolean-negation': false, 'parse-positional-numbers': false })
    .demandCommand(1, 'Which command?')
    .strict()
    .version(false)
    .help()
    .wrap(Math.min(100, surroundings.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      // The parser's own errors are about what was typed; any other is a command's.
      if (error && error.name !== 'YError') throw error;
      throw new CoworkError('USAGE', message, hintFor(message, words));
    });
  for (const { name, describe, positionals = [], options = {}, load } of COMMANDS) {
    const usage = [name, ...positionals.map((word) => wordUsage(word))];
    parser.command(
      usage.join(' '),
      describe,
      (command) => {
        for (const word of positionals)
          command.positional(word.name, { type: 'string', describe: word.describe });
        return command.options(options);
      },
      async (parsed) => {
        refuseRepeats(parsed, options);
        const module = await load();
        const behindDashes = words.includes('--') ? words.slice(words.indexOf('--') + 1) : [];
        const args = { ...unguarded(parsed), behindDashes };
        exitCode = (await module.run(args as CommandArguments, surroundings)) ?? 0;
      },
    );
  }
  if (words.length === 1 && words[0] === '--help') {
    surroundings.stdout.write(overview(Math.min(100, surroundings.stdout.columns ?? 100)));
    return 0;
  }
  if (words.length === 1 && words[0] === '--version') {
    surroundings.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  assertCommand(words);
  try {
    await parser.parseAsync(guarded(words));
  } finally {
    await closeBackends();
  }
  return exitCode;
}

function wordUsage({ name, optional, isList }: Positional): string {
  const word = isList === true ? `${name}..` : name;
  return optional === true ? `[${word}]` : `<${word}>`;
}

const GUARD = '\u0001';

/**
 * Marks words that begin with a dash and are no flags: `-`, and what stands behind `--`. The parser reads positionals twice,
 * takes such a word for a flag the second time, and gives an empty text.
 */
function guarded(words: readonly string[]): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const guard = (word: string) => `${GUARD}${word}`;
  return [
    ...words.slice(0, end).map((word) => (word === '-' ? guard(word) : word)),
    ...words.slice(end + 1).map((word) => (word.startsWith('-') ? guard(word) : word)),
  ];
}

function unguarded(parsed: Record<string, unknown>): Record<string, unknown> {
  const plain = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(plain)
      : typeof value === 'string' && value.startsWith(GUARD)
        ? value.slice(GUARD.length)
        : value;
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, plain(value)]));
}

/** Said here, as the parser takes a command that it does not know for one more argument. */
function assertCommand([word]: readonly string[]): void {
  const names = COMMANDS.map(({ name }) => name);
  if (word === undefined || word.startsWith('-') || names.includes(word)) return;
  const nearest = nearestName(word, names);
  throw new CoworkError('USAGE', `There is no command ${JSON.stringify(word)}.`, {
    hint: nearest === undefined ? 'See `cowork --help`.' : `Did you mean ${nearest}?`,
  });
}

/** A flag that takes one value and was given two would otherwise silently lose one. */
function refuseRepeats(parsed: Record<string, unknown>, options: Record<string, Options>): void {
  const twice = Object.keys(options).find(
    (name) => options[name]?.array !== true && Array.isArray(parsed[name]),
  );
  if (twice !== undefined) throw new CoworkError('USAGE', `--${twice} was given twice.`);
}

/** The nearest command or flag to one that is not known. */
function hintFor(message: string, words: readonly string[]): { hint?: string } {
  const unknown = /^Unknown (?:arguments?|commands?): ([^,]+)/.exec(message)?.[1];
  if (unknown === undefined) return {};
  const command = COMMANDS.find(({ name }) => name === words[0]);
  const known = command === undefined ? COMMANDS.map(({ name }) => name) : Object.keys(command.options ?? {});
  const nearest = nearestName(unknown, known);
  if (nearest === undefined)
    return { hint: `See \`cowork ${command?.name ?? ''} --help\`.`.replace('  ', ' ') };
  return { hint: `Did you mean ${command === undefined ? nearest : `--${nearest}`}?` };
}

const surroundings: Surroundings = {
  env: process.env,
  home: coworkHome(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
};

// A reader that has seen enough (`cowork mail | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const words = process.argv.slice(2);
main(words, surroundings).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = reportError(error, surroundings.stderr, words.includes('--json'));
  },
);
