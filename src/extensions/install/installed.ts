import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { createNotes, type Finding, stateOf } from '../finding.ts';
import { loadPluginTree, MANIFEST, type Plugin } from '../load/plugin.ts';
import { readTree } from '../load/tree.ts';
import { type Inventory, inventoryOf } from './inventory.ts';
import { missingOptions, optionsId } from './options.ts';
import { type PluginRecord, readPluginRecords, type Scope } from './records.ts';
import { checksumOfTree, contentFolder } from './store.ts';

/** A plugin that is installed, as it loads now. */
export interface InstalledPlugin {
  record: PluginRecord;
  plugin: Plugin;
  /** What of it may run, whether or not somebody has agreed. */
  runs: Inventory[];
  isAgreed: boolean;
}

/** All installed plugins as they load now, from what is stored: nothing is fetched. */
export function listPlugins(home: string): InstalledPlugin[] {
  const { records } = readPluginRecords(home);
  return records.map((record) => {
    const installed = loadInstalled(home, record);
    const findings = installed.plugin.dependencies.flatMap(({ name, range }): Finding[] => {
      const there = records.filter((each) => each.name === name);
      if (there.some(({ version }) => range === null || !valid(version) || satisfies(version, range)))
        return [];
      const has = there.length === 0 ? 'which is not installed' : `and ${there[0]?.version} is installed`;
      const reason = `it needs the plugin ${name}${range === null ? '' : ` ${range}`}, ${has}`;
      return [{ severity: 'warning', file: MANIFEST, reason }];
    });
    return withFindings(installed, findings);
  });
}

/** The plugins that a name means. Throws PLUGIN_UNKNOWN with the nearest. */
export function findRecords(home: string, given: string, scope?: Scope): PluginRecord[] {
  const { records } = readPluginRecords(home);
  const [, name = given, marketplace] = /^([^@]+)(?:@(.+))?$/.exec(given) ?? [];
  const found = records.filter(
    (each) =>
      each.name === name &&
      (marketplace === undefined || each.marketplace === marketplace) &&
      (scope === undefined || each.scope === scope),
  );
  if (found.length > 0) return found;
  const nearest = nearestName(
    name,
    records.map((each) => each.name),
  );
  throw new CoworkError(
    'PLUGIN_UNKNOWN',
    `There is no plugin "${given}" installed${scope === undefined ? '' : ` for the ${scope}`}.`,
    {
      hint:
        nearest === undefined || nearest === name ? 'See `cowork plugin list`.' : `Did you mean ${nearest}?`,
    },
  );
}

/** Loads what is stored. A content that is not what was installed is refused: somebody has changed it. */
export function loadInstalled(home: string, record: PluginRecord): InstalledPlugin {
  const notes = createNotes();
  const tree = readTree(contentFolder(home, record.checksum), notes);
  if (notes.findings.length === 0 && checksumOfTree(tree) !== record.checksum) {
    notes.refuse('.', 'its files are not what was installed; `cowork plugin update` fetches them again');
  }
  const loaded = loadPluginTree(tree, notes, record.listedAs ?? undefined);
  const plugin = { ...loaded, name: record.name, version: record.version };
  const runs = inventoryOf(plugin).filter((item) => item.runs);
  const isAgreed = runs.length === 0 || record.consent === record.checksum;
  const waiting: Finding[] = isAgreed
    ? []
    : [
        {
          severity: 'warning',
          file: '.',
          reason: `${runs.length} of its parts would run and wait for your consent: cowork plugin add ${record.name} --yes`,
        },
      ];
  return withFindings({ record, plugin, runs, isAgreed }, [
    ...waiting,
    ...unsetFindings(home, record, plugin),
  ]);
}

/** What a plugin can't do without and nobody has set. */
export function unsetFindings(home: string, record: PluginRecord, { options }: Plugin): Finding[] {
  const warn = (reason: string): Finding => ({ severity: 'warning', file: MANIFEST, reason });
  try {
    return missingOptions(home, optionsId(record), options).map((key) =>
      warn(`its servers wait for a value that you set: cowork plugin config ${record.name} ${key}`),
    );
  } catch (error) {
    if (!(error instanceof CoworkError)) throw error;
    return [warn(error.message)]; // the plugin is there all the same
  }
}

function withFindings(installed: InstalledPlugin, more: Finding[]): InstalledPlugin {
  if (more.length === 0) return installed;
  const findings = [...installed.plugin.findings, ...more];
  return { ...installed, plugin: { ...installed.plugin, findings, state: stateOf(findings) } };
}
