import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { fetchSource } from '../fetch/fetch.ts';
import type { FetchOptions } from '../fetch/fetched.ts';
import { createNotes, type Finding, stateOf } from '../finding.ts';
import { MARKETPLACE_FILE } from '../format/marketplace.ts';
import { type Source, sourceText } from '../format/source.ts';
import { type ListedAs, loadPluginTree, MANIFEST, type Plugin } from '../load/plugin.ts';
import { readTree, type Tree } from '../load/tree.ts';
import { givenPluginSource } from './given-source.ts';
import { type Change, compareInventories, type Inventory, inventoryOf } from './inventory.ts';
import {
  type AddedMarketplace,
  addMarketplace,
  findListed,
  findMarketplace,
  listMarketplaces,
  refused,
} from './marketplaces.ts';
import {
  deletePluginRecord,
  type PluginRecord,
  readPluginRecords,
  type Scope,
  writePluginRecord,
} from './records.ts';
import { checksumOfTree, contentFolder, putTree } from './store.ts';
import { withWorkingFolder } from './working-folder.ts';

/** A plugin that is installed, as it loads now. */
export interface InstalledPlugin {
  record: PluginRecord;
  plugin: Plugin;
  /** What of it may run, whether or not somebody has agreed. */
  runs: Inventory[];
  isAgreed: boolean;
}

export interface InstallOptions extends FetchOptions {
  home: string;
  cwd: string;
  scope: Scope;
  where: string | null;
  /** Asked before anything that a plugin brings may run; what it answers is kept with the checksum. */
  agree: (question: { plugin: Plugin; runs: Inventory[]; changes: Change[] | null }) => Promise<boolean>;
}

/**
 * Installs a plugin: `NAME@MARKETPLACE`, `NAME`, or a source. What would run and is not agreed to is installed and stays
 * off. Throws PLUGIN_UNKNOWN, PLUGIN_REFUSED, PLUGIN_TAKEN, PLUGIN_FETCH_FAILED, PLUGIN_SOURCE_INVALID.
 */
export async function addPlugin(given: string, options: InstallOptions): Promise<InstalledPlugin> {
  const here = recordHere(given, options);
  if (here !== undefined) return agreeToInstalled(here, options);
  const origin = originOf(given, options);
  return withWorkingFolder(async (working) => {
    const fetched = await fetchPlugin(origin, working, options);
    const before = readPluginRecords(options.home).records.find(
      ({ name, scope, where }) =>
        name === fetched.plugin.name && scope === options.scope && where === options.where,
    );
    if (before !== undefined && !isSameOrigin(before, origin)) {
      throw new CoworkError('PLUGIN_TAKEN', `There is a plugin "${before.name}" from ${originText(before)}.`);
    }
    return install(fetched, origin, before, options);
  });
}

/** How an update of one plugin went. */
export interface UpdateOutcome {
  name: string;
  scope: Scope;
  outcome: 'current' | 'updated' | 'refused' | 'failed';
  from: { version: string; revision: string; checksum: string };
  to: { version: string; revision: string; checksum: string } | null;
  changes: Change[];
  reason: string;
}

/** Fetches an installed plugin again and takes the new revision over, when whatever it would run is agreed to. Never throws for one plugin. */
export async function updatePlugin(record: PluginRecord, options: InstallOptions): Promise<UpdateOutcome> {
  const from = pick(record);
  const outcome = (how: UpdateOutcome['outcome'], more: Partial<UpdateOutcome> = {}): UpdateOutcome => ({
    ...{ name: record.name, scope: record.scope, outcome: how, from, to: null, changes: [], reason: '' },
    ...more,
  });
  try {
    const origin = await refreshedOrigin(record, options);
    return await withWorkingFolder(async (working) => {
      const fetched = await fetchPlugin(origin, working, options);
      const before = loadInstalled(options.home, record).plugin;
      if (fetched.checksum === record.checksum) {
        if (before.state === 'refused') putTree(options.home, fetched.tree);
        return outcome('current', { to: pick(record) });
      }
      const changes = compareInventories(inventoryOf(before), inventoryOf(fetched.plugin));
      const runs = inventoryOf(fetched.plugin).filter((item) => item.runs);
      const isAgreed = runs.length === 0 || (await options.agree({ plugin: fetched.plugin, runs, changes }));
      if (!isAgreed) return outcome('refused', { changes, reason: 'what it would run is not agreed to' });
      const { record: to } = await install(fetched, origin, record, { ...options, agree: async () => true });
      return outcome('updated', { changes, to: pick(to) });
    });
  } catch (error) {
    if (!(error instanceof CoworkError)) throw error;
    return outcome('failed', { reason: error.message });
  }
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

export function removePlugin(home: string, record: PluginRecord): void {
  deletePluginRecord(home, record);
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
  return withFindings({ record, plugin, runs, isAgreed }, waiting);
}

interface Origin {
  source: Source;
  marketplace: AddedMarketplace | null;
  listedAs: ListedAs | null;
  version: string;
}

interface FetchedPlugin {
  plugin: Plugin;
  tree: Tree;
  revision: string;
  checksum: string;
}

/** The plugin that a name means when it is installed in the same place already. */
function recordHere(given: string, { home, scope, where }: InstallOptions): PluginRecord | undefined {
  const [, name, marketplace] = NAME_AT.exec(given) ?? [];
  return readPluginRecords(home).records.find(
    (each) =>
      each.name === name &&
      each.scope === scope &&
      each.where === where &&
      (marketplace === undefined || each.marketplace === marketplace),
  );
}

/** Asks for what is stored; nothing is fetched. */
async function agreeToInstalled(record: PluginRecord, options: InstallOptions): Promise<InstalledPlugin> {
  const installed = loadInstalled(options.home, record);
  const { plugin, runs, isAgreed } = installed;
  if (plugin.state === 'refused') throw refused(plugin.findings);
  if (isAgreed || !(await options.agree({ plugin, runs, changes: null }))) return installed;
  const agreed = { ...record, consent: record.checksum, updated: new Date().toISOString() };
  await writePluginRecord(options.home, agreed, () => record.checksum);
  return loadInstalled(options.home, agreed);
}

const NAME_AT = /^([^@/:#]+)(?:@([^@/:#]+))?$/;

/** What a person means by a name or a source. */
function originOf(given: string, { home, cwd }: InstallOptions): Origin {
  const [, name = '', marketplace] = NAME_AT.exec(given) ?? [];
  if (name !== '' && marketplace !== undefined) return listedOrigin(findMarketplace(home, marketplace), name);
  const listing =
    name === '' ? [] : listMarketplaces(home).filter((each) => findListed(each, name) !== undefined);
  if (listing.length > 1) {
    const names = listing.map(({ record }) => `${name}@${record.name}`);
    throw new CoworkError('USAGE', `Several marketplaces have ${name}.`, {
      hint: `Say which: ${names.join(', ')}.`,
    });
  }
  const [only] = listing;
  if (only !== undefined) return listedOrigin(only, name);
  try {
    return { source: givenPluginSource(given, cwd), marketplace: null, listedAs: null, version: '' };
  } catch (error) {
    if (name === '') throw error;
    const known = listMarketplaces(home).flatMap((each) =>
      each.marketplace.plugins.map((listed) => listed.name),
    );
    const nearest = nearestName(name, known);
    throw new CoworkError(
      'PLUGIN_UNKNOWN',
      `No marketplace lists a plugin "${name}", and there is no such folder.`,
      {
        hint: nearest === undefined ? 'See `cowork plugin marketplace list`.' : `Did you mean ${nearest}?`,
      },
    );
  }
}

function listedOrigin(marketplace: AddedMarketplace, name: string): Origin {
  const listed = findListed(marketplace, name);
  if (listed !== undefined) {
    const listedAs = { entry: { ...listed.entry, name: listed.name }, isStrict: listed.isStrict };
    return { source: listed.source, marketplace, listedAs, version: listed.version };
  }
  const nearest = nearestName(
    name,
    marketplace.marketplace.plugins.map((each) => each.name),
  );
  const left = marketplace.marketplace.findings.find(({ reason }) => reason.includes(name));
  throw new CoworkError(
    'PLUGIN_UNKNOWN',
    `The marketplace ${marketplace.record.name} has no plugin "${name}"${left === undefined ? '' : `: ${left.reason}`}.`,
    {
      hint: nearest === undefined ? 'See `cowork plugin marketplace list`.' : `Did you mean ${nearest}?`,
    },
  );
}

/** Where an installed plugin comes from today: its marketplace is fetched again first. */
async function refreshedOrigin(record: PluginRecord, options: InstallOptions): Promise<Origin> {
  if (record.marketplace === null) {
    return { source: record.source, marketplace: null, listedAs: record.listedAs, version: '' };
  }
  const { record: known } = findMarketplace(options.home, record.marketplace);
  return listedOrigin(await addMarketplace(options.home, known.source, options), record.name);
}

async function fetchPlugin(origin: Origin, working: string, options: InstallOptions): Promise<FetchedPlugin> {
  const notes = createNotes();
  const { source, marketplace, listedAs } = origin;
  const fetched = await fetchSource(source, working, notes, { ...options, marketplace: marketplace?.folder });
  const tree = readTree(fetched.folder, notes, fetched.within);
  const loaded = loadPluginTree(tree, notes, listedAs ?? undefined);
  if (loaded.state === 'refused') {
    if (listedAs === null && tree.files.has(MARKETPLACE_FILE)) {
      throw new CoworkError('PLUGIN_REFUSED', `${sourceText(source)} is a marketplace, not a plugin.`, {
        hint: `Add it with \`cowork plugin marketplace add ${sourceText(source)}\`.`,
      });
    }
    throw refused(loaded.findings);
  }
  const checksum = checksumOfTree(tree);
  const revision = fetched.revision || (marketplace?.record.revision ?? '') || checksum.slice(0, 12);
  const plugin = { ...loaded, version: loaded.version || origin.version || checksum.slice(0, 12) };
  return { plugin, tree, revision, checksum };
}

async function install(
  { plugin, tree, revision, checksum }: FetchedPlugin,
  origin: Origin,
  before: PluginRecord | undefined,
  options: InstallOptions,
): Promise<InstalledPlugin> {
  const { home, scope, where, agree } = options;
  const runs = inventoryOf(plugin).filter((item) => item.runs);
  const isAgreed =
    runs.length > 0 && (before?.consent === checksum || (await agree({ plugin, runs, changes: null })));
  const now = new Date().toISOString();
  const record: PluginRecord = {
    ...{
      v: 1,
      name: plugin.name,
      marketplace: origin.marketplace?.record.name ?? before?.marketplace ?? null,
      scope,
      where,
    },
    ...{ source: origin.source, listedAs: origin.listedAs, revision, version: plugin.version, checksum },
    ...{ consent: isAgreed ? checksum : null, added: before?.added ?? now, updated: now },
  };
  putTree(home, tree);
  await writePluginRecord(home, record, () => putTree(home, tree));
  return loadInstalled(home, record);
}

function withFindings(installed: InstalledPlugin, more: Finding[]): InstalledPlugin {
  if (more.length === 0) return installed;
  const findings = [...installed.plugin.findings, ...more];
  return { ...installed, plugin: { ...installed.plugin, findings, state: stateOf(findings) } };
}

const isSameOrigin = (record: PluginRecord, { source, marketplace }: Origin): boolean =>
  record.marketplace !== null && marketplace !== null
    ? record.marketplace === marketplace.record.name
    : JSON.stringify(record.source) === JSON.stringify(source);

const originText = ({ marketplace, source }: PluginRecord): string =>
  marketplace === null ? sourceText(source) : `the marketplace ${marketplace}`;

const pick = ({ version, revision, checksum }: PluginRecord) => ({ version, revision, checksum });
