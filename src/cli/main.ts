import process from 'node:process';
import yargs, { type Options } from 'yargs';
import { CoworkError } from '../protocol/errors.ts';
import { closeBackends } from '../store/open-backend.ts';
import { packageVersion } from '../store/package-root.ts';
import { coworkHome } from '../team/paths.ts';
import type { CommandArguments, Surroundings } from './command.ts';
import { guarded, unguarded, unguardedMessage } from './guarded-words.ts';
import { overview } from './overview.ts';
import { reportError } from './report-error.ts';
import { settleEnvironment } from './settled-environment.ts';
import type { Positional } from './table/shared.ts';
import { COMMANDS } from './table.ts';
import { assertCommand, usageError, withHelpOf } from './usage.ts';

/** Runs one command line; resolves with the exit code. */
async function main(typed: string[], surroundings: Surroundings): Promise<number> {
  // `cowork help`, `cowork help send`
  const words = typed[0] === 'help' && typed.length < 3 ? [...typed.slice(1), '--help'] : typed;
  let exitCode = 0;
  const parser = yargs()
    .scriptName('cowork')
    .usage('$0 COMMAND\n\nRuns a team of AI agents on one large job, each in a micro-VM of its own.')
    .parserConfiguration({ 'boolean-negation': false, 'parse-positional-numbers': false })
    .demandCommand(1, 'Which command?')
    .strict()
    .version(false)
    .detectLocale(false) // its words are read again in usage.ts
    .help()
    .alias('help', 'h')
    .wrap(Math.min(100, surroundings.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      // The parser's own errors are about what was typed; any other is a command's.
      if (error && error.name !== 'YError') throw error;
      throw usageError(unguardedMessage(message), words);
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
  if (words.length === 1 && ['--help', '-h'].includes(words[0] ?? '')) {
    surroundings.stdout.write(overview(Math.min(100, surroundings.stdout.columns ?? 100)));
    return 0;
  }
  if (words.length === 1 && words[0] === '--version') {
    surroundings.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  assertCommand(words);
  settleEnvironment(surroundings.env);
  try {
    await parser.parseAsync(guarded(words));
  } catch (error) {
    throw withHelpOf(words, error);
  } finally {
    await closeBackends();
  }
  return exitCode;
}

function wordUsage({ name, optional, isList }: Positional): string {
  const word = isList === true ? `${name}..` : name;
  return optional === true ? `[${word}]` : `<${word}>`;
}

/** A flag that takes one value and was given two would otherwise silently lose one. */
function refuseRepeats(parsed: Record<string, unknown>, options: Record<string, Options>): void {
  const twice = Object.keys(options).find(
    (name) => options[name]?.array !== true && Array.isArray(parsed[name]),
  );
  if (twice !== undefined) throw new CoworkError('USAGE', `--${twice} was given twice.`);
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
