import type { Notes } from '../finding.ts';
import { isObject, kindOf } from '../format/text.ts';

export const OPTION_TYPES = ['string', 'number', 'boolean', 'directory', 'file'] as const;

/** Several values where the option takes several. */
export type OptionValue = string | string[];

/** A value that a plugin asks its user for: an entry of `userConfig`. */
export interface PluginOption {
  key: string;
  type: (typeof OPTION_TYPES)[number];
  title: string;
  description: string;
  isRequired: boolean;
  /** It is kept as tokens are, and no model sees it. */
  isSensitive: boolean;
  isMultiple: boolean;
  /** What counts when the user sets nothing. */
  usual: OptionValue | null;
  min: number | null;
  max: number | null;
}

/** Most options of a plugin, and longest text of one that is shown. */
const OPTIONS_MAX = 100;
const TEXT_MAX = 300;

/** Reads `userConfig`; what can't be used is named and left out. */
export function readOptions(given: Record<string, unknown>, file: string, notes: Notes): PluginOption[] {
  const entries = Object.entries(given);
  if (entries.length > OPTIONS_MAX)
    notes.warn(file, `"userConfig" has ${entries.length} values; ${OPTIONS_MAX} are used`);
  return entries.slice(0, OPTIONS_MAX).flatMap(([key, entry]) => readOption(key, entry, file, notes) ?? []);
}

function readOption(key: string, entry: unknown, file: string, notes: Notes): PluginOption | undefined {
  const warn = (reason: string): void =>
    notes.warn(file, `the value ${JSON.stringify(key)} of "userConfig" ${reason}`);
  // The key becomes the name of a variable.
  if (!/^[A-Za-z_]\w{0,63}$/.test(key))
    return void warn('has a name that no variable can have; it was left out');
  if (!isObject(entry)) return void warn(`can't be ${kindOf(entry)}; it was left out`);
  const type = OPTION_TYPES.find((each) => each === entry.type);
  if (type === undefined)
    warn(
      entry.type === undefined
        ? 'has no type; it is a text'
        : `can't be of the type ${JSON.stringify(entry.type)}; it is a text`,
    );
  const text = (value: unknown): string =>
    typeof value === 'string' ? value.replaceAll(/\s+/g, ' ').trim().slice(0, TEXT_MAX) : '';
  const bound = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  const option: PluginOption = {
    ...{ key, type: type ?? 'string', title: text(entry.title) || key, description: text(entry.description) },
    ...{ isRequired: entry.required === true, isSensitive: entry.sensitive === true },
    isMultiple: entry.multiple === true && (type ?? 'string') === 'string',
    ...{ usual: null, min: bound(entry.min), max: bound(entry.max) },
  };
  if (entry.default === undefined || entry.default === null) return option;
  const usual = Array.isArray(entry.default) ? entry.default.map(String) : String(entry.default);
  const wrong = whyNoValue(option, usual);
  if (wrong === undefined) return { ...option, usual };
  warn(`has a default that can't be: ${wrong}`);
  return option;
}

/** Largest value in characters: more than any token or key has. */
const VALUE_MAX = 8_192;

/** Why an option can't have a value; undefined when it can. */
export function whyNoValue(option: PluginOption, value: OptionValue): string | undefined {
  const { type, isMultiple, min, max } = option;
  if (Array.isArray(value)) {
    if (!isMultiple) return 'it takes one value';
    return value.map((each) => whyNoValue(option, each)).find((why) => why !== undefined);
  }
  if (value.length > VALUE_MAX) return `it is longer than ${VALUE_MAX} characters`;
  if (value.includes('\0')) return 'it holds a zero byte';
  if (type === 'boolean' && value !== 'true' && value !== 'false') return 'it is true or false';
  if (type !== 'number') return undefined;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) return 'it is a number';
  if (min !== null && number < min) return `it is at least ${min}`;
  return max !== null && number > max ? `it is at most ${max}` : undefined;
}
