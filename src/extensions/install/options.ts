import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { errorCode, makeFolder } from '../../store/folders.ts';
import { withLock } from '../../store/lock.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { openSecrets } from '../connectors/secrets.ts';
import { isObject } from '../format/text.ts';
import { type OptionValue, type PluginOption, whyNoValue } from '../load/options.ts';
import { type PluginRecord, readPluginRecords } from './records.ts';
import { pluginsFolder } from './store.ts';

/** What the user has set for plugins: `plugins/options.json`. Sensitive values are with the secrets; here stands only that they are there. */
interface OptionsFile {
  v: 1;
  plugins: Record<string, { values: Record<string, OptionValue>; secret: string[] }>;
}

const fileOf = (home: string): string => join(pluginsFolder(home), 'options.json');
const secretName = (plugin: string, key: string): string => `option:${plugin}:${key}`;

/** Whose values these are: another plugin of the same name from elsewhere has none of them. */
export function optionsId({ name, marketplace, source }: PluginRecord): string {
  const from = marketplace ?? createHash('sha256').update(JSON.stringify(source)).digest('hex').slice(0, 12);
  return `${name}@${from}`;
}

/** Whether the user has set an option, and to what; of a sensitive one the value is not told. */
export interface OptionState {
  option: PluginOption;
  isSet: boolean;
  value: OptionValue | null;
}

export function readOptionStates(home: string, id: string, options: readonly PluginOption[]): OptionState[] {
  const { plugins } = options.length === 0 ? EMPTY : read(home);
  const { values, secret } = (Object.hasOwn(plugins, id) ? plugins[id] : undefined) ?? NONE;
  return options.map((option) => {
    if (option.isSensitive) return { option, isSet: secret.includes(option.key), value: null };
    const value = Object.hasOwn(values, option.key) ? values[option.key] : undefined;
    return { option, isSet: value !== undefined, value: value ?? option.usual };
  });
}

/** Keys of what a plugin can't do without and has not. */
export function missingOptions(home: string, id: string, options: readonly PluginOption[]): string[] {
  return readOptionStates(home, id, options)
    .filter(({ option, isSet }) => option.isRequired && !isSet && option.usual === null)
    .map(({ option }) => option.key);
}

/** Sets an option; null takes it back. Throws PLUGIN_CONFIG_INVALID. */
export async function setOption(
  { home, env }: { home: string; env: NodeJS.ProcessEnv },
  id: string,
  option: PluginOption,
  value: OptionValue | null,
): Promise<void> {
  const { key, isSensitive } = option;
  const wrong = value === null ? undefined : whyNoValue(option, value);
  if (wrong !== undefined) throw new CoworkError('PLUGIN_CONFIG_INVALID', `${key} can't be that: ${wrong}.`);
  const secrets = openSecrets(home, env);
  const isKept = isSensitive && value !== null;
  // The secret first: the file then says only what is true.
  if (isKept) await secrets.set(secretName(id, key), value);
  let hadSecret = false;
  await change(home, ({ plugins }) => {
    const { values, secret } = plugins[id] ?? NONE;
    const { [key]: _, ...others } = values;
    hadSecret = secret.includes(key);
    const more = value === null || isSensitive ? {} : { [key]: value };
    const kept = [...secret.filter((each) => each !== key), ...(isKept ? [key] : [])];
    return { ...plugins, [id]: { values: { ...others, ...more }, secret: kept } };
  });
  if (hadSecret && !isKept) await secrets.set(secretName(id, key), undefined);
}

/** Forgets what was set for plugins that are nowhere installed any more. */
export async function forgetOptions(home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const ids = new Set(readPluginRecords(home).records.map(optionsId));
  const gone = Object.entries(read(home).plugins).filter(([id]) => !ids.has(id));
  if (gone.length === 0) return;
  const secrets = openSecrets(home, env);
  for (const [id, { secret }] of gone)
    for (const key of secret) await secrets.set(secretName(id, key), undefined);
  await change(home, ({ plugins }) =>
    Object.fromEntries(Object.entries(plugins).filter(([id]) => !gone.some(([each]) => each === id))),
  );
}

/** A value as whatever takes it gets it. */
export interface SetOption {
  key: string;
  value: OptionValue;
  isSensitive: boolean;
  type: PluginOption['type'];
}

/** The values of a plugin, an empty one for what is not set. Sensitive ones only where `wants` says so: their key may take a keyring. */
export async function optionValues(
  { home, env }: { home: string; env: NodeJS.ProcessEnv },
  id: string,
  options: readonly PluginOption[],
  wants: (key: string) => boolean = () => true,
): Promise<SetOption[]> {
  const states = readOptionStates(home, id, options);
  const secrets = openSecrets(home, env);
  return Promise.all(
    states
      .filter(({ option }) => !option.isSensitive || wants(option.key))
      .map(async ({ option: { key, isSensitive, type, usual }, isSet, value }) => {
        const secret = isSensitive && isSet ? await secrets.get<OptionValue>(secretName(id, key)) : undefined;
        return { key, isSensitive, type, value: secret ?? value ?? usual ?? '' };
      }),
  );
}

const NONE: OptionsFile['plugins'][string] = { values: {}, secret: [] };
const EMPTY: OptionsFile = { v: 1, plugins: {} };

function read(home: string): OptionsFile {
  try {
    const file: unknown = JSON.parse(readFileSync(fileOf(home), 'utf8'));
    if (!isObject(file) || !isObject(file.plugins)) throw new Error('it holds no values of plugins');
    // Written by `change` below; the file is 0600 and ours.
    return file as unknown as OptionsFile;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return EMPTY;
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('PLUGIN_CONFIG_INVALID', `${fileOf(home)} can't be read: ${why}.`, {
      cause: error,
      hint: 'Mend or remove the file, and set the values again.',
    });
  }
}

async function change(home: string, how: (file: OptionsFile) => OptionsFile['plugins']): Promise<void> {
  makeFolder(dirname(fileOf(home)));
  await withLock(fileOf(home), async (lock) => {
    const plugins = how(read(home));
    lock.assertHeld();
    await replaceFile(fileOf(home), `${JSON.stringify({ v: 1, plugins }, null, 2)}\n`);
  });
}
