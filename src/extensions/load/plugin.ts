import { basename } from 'node:path';
import { createNotes, type ExtensionState, type Finding, type Notes, stateOf } from '../finding.ts';
import { type Manifest, pluginName, readManifest } from '../format/manifest.ts';
import { usableName } from '../format/names.ts';
import { parseJson } from '../format/text.ts';
import { type Components, NO_COMPONENTS } from './components.ts';
import { type PluginOption, readOptions } from './options.ts';
import { readComponents } from './read-components.ts';
import { hookTexts, optionsIn, serverTexts } from './texts.ts';
import { readTree, readTreeText, type Tree } from './tree.ts';

/** A plugin as it was found: what it brings, and what is wrong with it. */
export interface Plugin {
  name: string;
  title: string;
  description: string;
  /** What its manifest says, else the entry of the marketplace; empty when neither does. */
  version: string;
  root: string;
  state: ExtensionState;
  findings: Finding[];
  components: Components;
  /** Plugins that it needs, with the versions that do. */
  dependencies: { name: string; range: string | null }[];
  defaultEnabled: boolean;
  /** What it asks its user for. */
  options: PluginOption[];
}

/** What a marketplace says about a plugin that it lists. */
export interface ListedAs {
  entry: Record<string, unknown>;
  /** False: the entry is everything, plugin.json counts for nothing. */
  isStrict: boolean;
}

export const MANIFEST = '.claude-plugin/plugin.json';

/** Loads a plugin from a folder. Never throws: what is wrong stands in `findings`, with the file and the reason. */
export function loadPlugin(root: string, listedAs?: ListedAs): Plugin {
  const notes = createNotes();
  return loadPluginTree(readTree(root, notes), notes, listedAs);
}

/** The same of a folder whose files are listed already. */
export function loadPluginTree(tree: Tree, notes: Notes, listedAs?: ListedAs): Plugin {
  const { manifest, file, hasManifest } = readBothManifests(tree, notes, listedAs);
  const given = manifest.name ?? (hasManifest ? undefined : basename(tree.root));
  const isBroken = notes.findings.some(({ severity }) => severity === 'error');
  const name =
    (isBroken ? undefined : pluginName(given, file, notes)) ??
    (usableName(manifest.name ?? '') || basename(tree.root));
  const components = notes.findings.some(({ severity }) => severity === 'error')
    ? NO_COMPONENTS
    : readComponents(tree, manifest, file, notes);
  if (
    !hasManifest &&
    listedAs === undefined &&
    isEmpty(components) &&
    stateOf(notes.findings) !== 'refused'
  ) {
    notes.refuse('.', `there is no ${MANIFEST}, and no commands, agents, skills, hooks or servers either`);
  }
  const options = readOptions(manifest.userConfig ?? {}, file, notes);
  nameUndeclared(components, options, file, notes);
  const state = stateOf(notes.findings);
  return {
    name,
    title: manifest.displayName ?? name,
    description: manifest.description ?? '',
    version: manifest.version ?? '',
    root: tree.root,
    state,
    findings: notes.findings,
    // Nothing of a refused plugin is used.
    components: state === 'refused' ? NO_COMPONENTS : components,
    dependencies: (manifest.dependencies ?? []).map((each) =>
      typeof each === 'string'
        ? { name: each.replace(/@.*$/, ''), range: null }
        : { name: each.name, range: each.version ?? null },
    ),
    defaultEnabled: manifest.defaultEnabled ?? true,
    options: state === 'refused' ? [] : options,
  };
}

function readBothManifests(
  tree: Tree,
  notes: Notes,
  listedAs: ListedAs | undefined,
): { manifest: Manifest; file: string; hasManifest: boolean } {
  const listing = 'marketplace.json';
  const entry = listedAs && readManifest(listedAs.entry, listing, notes, { isEntry: true });
  const text = listedAs?.isStrict === false ? undefined : readTreeText(tree, MANIFEST, notes);
  if (text === undefined)
    return { manifest: entry ?? {}, file: entry ? listing : MANIFEST, hasManifest: entry !== undefined };
  const parsed = parseJson(text);
  if ('reason' in parsed) {
    notes.refuse(MANIFEST, parsed.reason);
    return { manifest: entry ?? { name: basename(tree.root) }, file: MANIFEST, hasManifest: true };
  }
  const own = readManifest(parsed.value, MANIFEST, notes);
  // The marketplace may fill in what the plugin leaves open, and name it.
  return {
    manifest: { ...entry, ...own, ...(entry?.name === undefined ? {} : { name: entry.name }) },
    file: MANIFEST,
    hasManifest: true,
  };
}

/** Values that servers and hooks want to have filled in, and that the plugin asks nobody for. */
function nameUndeclared(
  { mcpServers, hooks }: Components,
  options: readonly PluginOption[],
  file: string,
  notes: Notes,
): void {
  const declared = new Set(options.map(({ key }) => key));
  const named = [
    ...mcpServers.map((server) => ({ file: server.file, keys: optionsIn(serverTexts(server)) })),
    ...hooks.map((hook) => ({ file: hook.file, keys: optionsIn(hookTexts(hook)) })),
  ];
  const seen = new Set<string>();
  for (const { file: where, keys } of named)
    for (const key of keys) {
      if (declared.has(key) || seen.has(key)) continue;
      seen.add(key);
      notes.warn(where, `\${user_config.${key}} stays as it is: "userConfig" of ${file} has no "${key}"`);
    }
}

const isEmpty = (components: Components): boolean =>
  Object.values(components).every((list) => list.length === 0);
