import { createNotes, type ExtensionState, type Finding, stateOf } from '../finding.ts';
import { usableName } from './names.ts';
import { readSource, type Source } from './source.ts';
import { isObject, kindOf, parseJson } from './text.ts';

export const MARKETPLACE_FILE = '.claude-plugin/marketplace.json';
const ENTRIES_MAX = 5000;
const KNOWN = new Set([
  '$schema',
  'name',
  'owner',
  'plugins',
  'metadata',
  'description',
  'version',
  'renames',
]);

/** A plugin as a marketplace lists it. */
export interface Listed {
  name: string;
  description: string;
  version: string;
  source: Source;
  isStrict: boolean;
  /** The entry as it stands, for the fields of plugin.json. */
  entry: Record<string, unknown>;
}

export interface Marketplace {
  name: string;
  description: string;
  state: ExtensionState;
  findings: Finding[];
  plugins: Listed[];
  /** New names of plugins that had another one. */
  renames: Record<string, string>;
}

/** Reads a marketplace.json. Never throws: a bad entry is named and left out, a bad file refused. */
export function readMarketplace(
  text: string,
  { file, folder }: { file: string; folder: string | undefined },
): Marketplace {
  const notes = createNotes();
  const done = (found: Partial<Marketplace>): Marketplace => ({
    ...{ name: '', description: '', plugins: [], renames: {} },
    ...found,
    state: stateOf(notes.findings),
    findings: notes.findings,
  });
  const parsed = parseJson(text);
  if ('reason' in parsed) {
    notes.refuse(file, parsed.reason);
    return done({});
  }
  const { value } = parsed;
  if (!isObject(value)) {
    notes.refuse(file, `holds ${kindOf(value)}, not an object`);
    return done({});
  }
  for (const field of Object.keys(value)) {
    if (!KNOWN.has(field))
      notes.warn(file, `the field ${JSON.stringify(field)} is not known and was ignored`);
  }
  const given = typeof value.name === 'string' ? value.name : '';
  const name = /[/\\]|^\.\.?$/.test(given) ? '' : usableName(given);
  if (name === '')
    notes.refuse(
      file,
      `no name can be made of ${JSON.stringify(value.name) ?? 'nothing: there is no "name"'}`,
    );
  else if (name !== given)
    notes.warn(
      file,
      `the name ${JSON.stringify(given)} can't be typed; it is used as ${JSON.stringify(name)}`,
    );
  if (value.owner === undefined) notes.warn(file, 'there is no "owner"');
  if (!Array.isArray(value.plugins)) {
    notes.refuse(
      file,
      value.plugins === undefined
        ? 'there is no list "plugins"'
        : `"plugins" can't be ${kindOf(value.plugins)}`,
    );
    return done({ name });
  }
  if (value.plugins.length > ENTRIES_MAX) notes.refuse(file, `lists over ${ENTRIES_MAX} plugins`);
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const pluginRoot = typeof metadata.pluginRoot === 'string' ? metadata.pluginRoot : '';
  const plugins = new Map<string, Listed>();
  value.plugins.slice(0, ENTRIES_MAX).forEach((entry: unknown, i) => {
    const listed = readEntry(entry, { folder, pluginRoot });
    if (typeof listed === 'string')
      notes.warn(file, `entry ${i + 1}${nameIn(entry)}: ${listed}; it was left out`);
    else if (plugins.has(listed.name))
      notes.warn(file, `entry ${i + 1}: ${listed.name} is listed twice; the first counts`);
    else plugins.set(listed.name, listed);
  });
  const description =
    [value.description, metadata.description].find((each) => typeof each === 'string') ?? '';
  const renames = Object.entries(isObject(value.renames) ? value.renames : {}).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  return done({
    name,
    description: String(description),
    plugins: [...plugins.values()],
    renames: Object.fromEntries(renames),
  });
}

function readEntry(
  entry: unknown,
  context: { folder: string | undefined; pluginRoot: string },
): Listed | string {
  if (!isObject(entry)) return `an entry can't be ${kindOf(entry)}`;
  if (typeof entry.name !== 'string') return 'there is no "name"';
  if (/[/\\\u0000-\u001f]|^\.\.?$/.test(entry.name)) return 'the name is a path';
  const name = usableName(entry.name);
  if (name === '') return `no name can be made of ${JSON.stringify(entry.name)}`;
  if (entry.source === undefined) return 'there is no "source"';
  const source = readSource(entry.source, context);
  if (typeof source === 'string') return source;
  if (entry.strict !== undefined && typeof entry.strict !== 'boolean')
    return `"strict" can't be ${kindOf(entry.strict)}`;
  const text = (field: string): string => (typeof entry[field] === 'string' ? entry[field] : '');
  return {
    name,
    description: text('description'),
    version: text('version'),
    source,
    isStrict: entry.strict !== false,
    entry,
  };
}

const nameIn = (entry: unknown): string =>
  isObject(entry) && typeof entry.name === 'string' ? ` (${entry.name.slice(0, 64)})` : '';
