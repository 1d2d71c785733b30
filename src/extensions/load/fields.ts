import type { Notes } from '../finding.ts';
import { kindOf } from '../format/text.ts';

/** Reads fields of a front matter as authors write them; what can't be used is named and left out. */
export interface Fields {
  text(...names: string[]): string;
  /** A list, written as YAML list, with commas or with spaces; null when the field is not there. */
  list(...names: string[]): string[] | null;
  flag(name: string, usual: boolean): boolean;
  number(name: string): number | null;
}

/** Longest text of a field in characters. */
const TEXT_MAX = 8192;

export function fieldsOf(fields: Record<string, unknown>, file: string, notes: Notes): Fields {
  const find = (names: readonly string[]): [string, unknown] | undefined => {
    const name = names.find((each) => Object.hasOwn(fields, each) && fields[each] !== null);
    return name === undefined ? undefined : [name, fields[name]];
  };
  const wrong = (name: string, value: unknown): void =>
    notes.warn(file, `"${name}" can't be ${kindOf(value)} and was left out`);
  return {
    text: (...names) => {
      const [name, value] = find(names) ?? [];
      if (name === undefined) return '';
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      // `argument-hint: [a]` is a list for YAML and a hint for its author.
      if (Array.isArray(value))
        return value
          .map((each) => `[${String(each)}]`)
          .join(' ')
          .slice(0, TEXT_MAX);
      if (typeof value === 'string') return value.trim().slice(0, TEXT_MAX);
      wrong(name, value);
      return '';
    },
    list: (...names) => {
      const [name, value] = find(names) ?? [];
      if (name === undefined) return null;
      if (typeof value === 'string') return splitList(value);
      if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
        return value.map((each) => each.trim());
      // An entry such as `Bash(git: *)` in a YAML list is read as an object.
      wrong(name, value);
      return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : null;
    },
    flag: (name, usual) => {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (value === undefined || value === null) return usual;
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'yes') return true;
      if (value === 'false' || value === 'no') return false;
      wrong(name, value);
      return usual;
    },
    number: (name) => {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (value === undefined || value === null) return null;
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
      wrong(name, value);
      return null;
    },
  };
}

/** Splits at commas and spaces, but not within brackets: `Bash(git add:*, x) Read`. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (const character of text.replace(/^\[(.*)\]$/s, '$1')) {
    if (character === '(') depth++;
    if (character === ')') depth = Math.max(0, depth - 1);
    if (depth === 0 && /[\s,]/.test(character)) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part].map((each) => each.replaceAll(/^["']|["']$/g, '')).filter((each) => each !== '');
}
