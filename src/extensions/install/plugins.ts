import { CoworkError } from '../../protocol/errors.ts';
import type { FetchOptions } from '../fetch/fetched.ts';
import type { Plugin } from '../load/plugin.ts';
import { type InstalledPlugin, loadInstalled } from './installed.ts';
import { type Change, compareInventories, type Inventory, inventoryOf } from './inventory.ts';
import { refused } from './marketplaces.ts';
import {
  type FetchedPlugin,
  fetchPlugin,
  isSameOrigin,
  NAME_AT,
  type Origin,
  originOf,
  originText,
  refreshedOrigin,
} from './origin.ts';
import {
  deletePluginRecord,
  type PluginRecord,
  readPluginRecords,
  type Scope,
  writePluginRecord,
} from './records.ts';
import { putTree } from './store.ts';
import { withWorkingFolder } from './working-folder.ts';

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

export function removePlugin(home: string, record: PluginRecord): void {
  deletePluginRecord(home, record);
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

const pick = ({ version, revision, checksum }: PluginRecord) => ({ version, revision, checksum });
