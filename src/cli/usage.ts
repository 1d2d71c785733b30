import { CoworkError, ERRORS } from '../protocol/errors.ts';
import { nearestName } from '../protocol/names.ts';
import type { Command } from './table/shared.ts';
import { COMMANDS } from './table.ts';

const HELP_OF_ALL = ERRORS.USAGE.hint;

/** What the parser says is wrong with a command line, in words that name what was typed and what to type instead. */
export function usageError(message: string, words: readonly string[]): CoworkError {
  const command = COMMANDS.find(({ name }) => name === words[0]);
  if (command === undefined) return new CoworkError('USAGE', message);
  const [, flag] = /^Not enough arguments following: (.+)$/.exec(message) ?? [];
  const [, unknown] = /^Unknown (?:arguments?|commands?): ([^,]+)/.exec(message) ?? [];
  const [, chooser, given] = /Argument: (\S+), Given: (.*), Choices: /.exec(message) ?? [];
  if (message.startsWith('Not enough non-option')) return wordsMissing(command, words);
  if (flag !== undefined) return new CoworkError('USAGE', `${dashed(flag)} needs a value.`, helpOf(command));
  if (unknown !== undefined) return notKnown(command, unknown, words);
  if (chooser !== undefined) {
    const choices = command.options?.[chooser]?.choices ?? [];
    return new CoworkError('USAGE', `${dashed(chooser)} can't be ${given}.`, {
      hint: `It can be ${choices.join(', ')}.`,
    });
  }
  return new CoworkError('USAGE', message, helpOf(command));
}

/** Refuses a command line that does not begin with a command. Said here, as the parser takes what it does not know for one more argument. */
export function assertCommand([word, ...rest]: readonly string[]): void {
  const names = COMMANDS.map(({ name }) => name);
  if (word !== undefined && names.includes(word)) return;
  const later = rest.find((each) => names.includes(each));
  if (word === undefined || (word.startsWith('-') && later === undefined))
    throw new CoworkError('USAGE', 'Which command?');
  if (word.startsWith('-'))
    throw new CoworkError('USAGE', `${word} stands before the command.`, {
      hint: `The command comes first: cowork ${later} ${word} …`,
    });
  const nearest = nearestName(word, names);
  throw new CoworkError('USAGE', `There is no command ${JSON.stringify(word)}.`, {
    hint: nearest === undefined ? HELP_OF_ALL : `Did you mean ${nearest}?`,
  });
}

/** The same error with the help of its command, where it only names that of all. */
export function withHelpOf(words: readonly string[], error: unknown): unknown {
  const command = COMMANDS.find(({ name }) => name === words[0]);
  if (!(error instanceof CoworkError) || error.hint !== HELP_OF_ALL || command === undefined) return error;
  return new CoworkError(error.code, error.message, { ...helpOf(command), cause: error.cause });
}

function wordsMissing(command: Command, [, ...typed]: readonly string[]): CoworkError {
  const needed = (command.positionals ?? []).filter(({ optional }) => optional !== true);
  const names = needed.map(({ name }) => name.toUpperCase());
  const isFlag = (word: string) => Object.keys(command.options ?? {}).some((flag) => word === `--${flag}`);
  const dashes = typed.some((word) => word.startsWith('-') && !isFlag(word))
    ? ' What begins with a dash and is no flag goes behind --.'
    : '';
  return new CoworkError('USAGE', `cowork ${command.name} needs ${names.join(' and ')}.`, {
    hint: `cowork ${[command.name, ...names].join(' ')}.${dashes}`,
  });
}

function notKnown(command: Command, unknown: string, words: readonly string[]): CoworkError {
  const flag = dashed(unknown);
  const isFlag = words.some(
    (word) => word === flag || word.startsWith(`${flag}=`) || /^-[a-zA-Z]/.test(word),
  );
  if (!isFlag || unknown.startsWith('-'))
    return new CoworkError('USAGE', `${JSON.stringify(unknown)} is one word too many.`, {
      hint: `A text of several words goes in quotes. See \`cowork ${command.name} --help\`.`,
    });
  const nearest = nearestName(unknown, Object.keys(command.options ?? {}));
  return new CoworkError(
    'USAGE',
    `cowork ${command.name} knows no ${flag}.`,
    nearest === undefined ? helpOf(command) : { hint: `Did you mean --${nearest}?` },
  );
}

const dashed = (flag: string): string => (flag.length === 1 ? `-${flag}` : `--${flag}`);

const helpOf = ({ name }: Command): { hint: string } => ({ hint: `See \`cowork ${name} --help\`.` });
