import { text as readAll } from 'node:stream/consumers';
import type { InstalledPlugin } from '../../extensions/install/installed.ts';
import {
  type OptionState,
  optionsId,
  readOptionStates,
  setOption,
} from '../../extensions/install/options.ts';
import type { OptionValue, PluginOption } from '../../extensions/load/options.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { plainText } from '../../text/plain.ts';
import { askValue } from '../ask-value.ts';
import type { CommandArguments, Surroundings } from '../command.ts';

/** `cowork plugin config PLUGIN [KEY [VALUE]]`: shows what a plugin asks for, or sets it. Returns what is to be shown. */
export async function configure(
  installed: InstalledPlugin,
  args: CommandArguments,
  surroundings: Surroundings,
): Promise<{ value: unknown; text: string }> {
  const { home } = surroundings;
  const { record, plugin } = installed;
  const id = optionsId(record);
  if (typeof args.which === 'string') {
    const [, key = '', behind] = /^([^=]+)(?:=(.*))?$/s.exec(args.which) ?? [];
    if (behind !== undefined && args.value !== undefined)
      throw new CoworkError('USAGE', 'Give the value once: KEY=VALUE, or KEY VALUE.');
    const option = findOption(installed, key);
    const given = behind ?? (typeof args.value === 'string' ? args.value : undefined);
    const value = given ?? (await askedValue(option, surroundings));
    await setOption(surroundings, id, option, givenValue(option, value));
  } else if (args.value !== undefined) throw new CoworkError('USAGE', 'Say which value: KEY=VALUE.');
  const states = readOptionStates(home, id, plugin.options);
  return {
    value: { plugin: record.name, scope: record.scope, where: record.where, options: states.map(describe) },
    text: render(record.name, states),
  };
}

/** Sets what `--config KEY=VALUE` says, and asks at the terminal for what a plugin wants and nobody has set. */
export async function configureAdded(
  installed: InstalledPlugin,
  args: CommandArguments,
  surroundings: Surroundings,
): Promise<void> {
  const { record, plugin } = installed;
  const id = optionsId(record);
  const set = async (option: PluginOption, value: string): Promise<void> =>
    setOption(surroundings, id, option, givenValue(option, value));
  for (const [key, value] of givenPairs(args)) await set(findOption(installed, key), value);
  const { stdin, stderr, home } = surroundings;
  if (args.yes === true || args.json === true || !stdin.isTTY || !stderr.isTTY) return;
  for (const { option, isSet } of readOptionStates(home, id, plugin.options)) {
    if (isSet) continue;
    for (;;) {
      const value = await askValue(questionFor(option), surroundings, { isSecret: option.isSensitive });
      if (value === undefined) return;
      if (value.trim() === '') break;
      try {
        await set(option, value);
        break;
      } catch (error) {
        if (!(error instanceof CoworkError) || error.code !== 'PLUGIN_CONFIG_INVALID') throw error;
        stderr.write(`${plainText(error.message)}\n`);
      }
    }
  }
}

/** The values of `--config`, before anything is fetched. Throws USAGE. */
export function givenPairs({ config }: CommandArguments): [string, string][] {
  const given = Array.isArray(config) ? config.map(String) : [];
  return given.map((pair) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) throw new CoworkError('USAGE', 'It is --config KEY=VALUE.');
    return [key, value];
  });
}

function findOption({ record, plugin }: InstalledPlugin, key: string): PluginOption {
  const found = plugin.options.find((option) => option.key === key);
  if (found !== undefined) return found;
  const keys = plugin.options.map((option) => option.key);
  const nearest = nearestName(key, keys);
  const asks = keys.length === 0 ? 'It asks for no values.' : `It asks for ${keys.join(', ')}.`;
  throw new CoworkError('PLUGIN_CONFIG_INVALID', `${record.name} asks for no value ${JSON.stringify(key)}.`, {
    hint: nearest === undefined ? asks : `Did you mean ${nearest}?`,
  });
}

/** Nothing takes a value back; several are given with commas between them. */
function givenValue({ isMultiple }: PluginOption, given: string): OptionValue | null {
  const value = given.replace(/\r?\n$/, '');
  if (value === '') return null;
  if (!isMultiple) return value;
  return value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** At a terminal it is asked for; else it is what comes in, so that a secret need not stand in a command line. */
async function askedValue(option: PluginOption, { stdin, stderr }: Surroundings): Promise<string> {
  if (!stdin.isTTY) {
    const given = await readAll(stdin);
    if (given.trim() !== '') return given;
    throw new CoworkError('USAGE', `There is no value for ${option.key}.`, {
      hint: `Give it as ${option.key}=VALUE, or write it to this command; ${option.key}= takes it back.`,
    });
  }
  const value = await askValue(questionFor(option), { stdin, stderr }, { isSecret: option.isSensitive });
  if (value === undefined) throw new CoworkError('USAGE', 'Nothing is changed.');
  return value;
}

function questionFor({
  key,
  title,
  description,
  isRequired,
  isSensitive,
  usual,
  type,
}: PluginOption): string {
  const about = description === '' ? '' : `\n  ${plainText(description)}`;
  const how = [
    ...(type === 'string' ? [] : [type]),
    ...(isRequired && usual === null ? ['required'] : []),
    ...(isSensitive ? ['not shown'] : []),
    ...(usual === null ? [] : [`Enter for ${plainText(String(usual))}`]),
  ];
  const notes = how.length === 0 ? '' : ` (${how.join(', ')})`;
  return `${plainText(title)} [${key}]${about}\n  value${notes}: `;
}

function describe({ option, isSet, value }: OptionState) {
  const { key, type, title, description, isRequired, isSensitive, isMultiple, usual } = option;
  return {
    ...{ key, type, title, description, required: isRequired, sensitive: isSensitive, multiple: isMultiple },
    ...{ isSet, value: isSensitive ? null : value, default: isSensitive ? null : usual },
  };
}

function render(name: string, states: readonly OptionState[]): string {
  if (states.length === 0) return `${name} asks for no values.\n`;
  return states
    .map(({ option, isSet, value }) => {
      const { key, title, isRequired, isSensitive, usual } = option;
      const unset = isRequired && usual === null ? 'not set, and required' : 'not set';
      const shown = isSensitive
        ? isSet
          ? 'set, kept secret'
          : unset
        : value === null
          ? unset
          : `${plainText(String(value))}${isSet ? '' : ' (as its author has it)'}`;
      return `${key}: ${shown}${title === key ? '' : `  ${plainText(title)}`}\n`;
    })
    .join('');
}
