import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { fetchSource } from '../fetch/fetch.ts';
import type { FetchOptions } from '../fetch/fetched.ts';
import { createNotes } from '../finding.ts';
import { MARKETPLACE_FILE } from '../format/marketplace.ts';
import { type Source, sourceText } from '../format/source.ts';
import { type ListedAs, loadPluginTree, type Plugin } from '../load/plugin.ts';
import { readTree, type Tree } from '../load/tree.ts';
import { givenPluginSource } from './given-source.ts';
import {
  type AddedMarketplace,
  addMarketplace,
  findListed,
  findMarketplace,
  listMarketplaces,
  refused,
} from './marketplaces.ts';
import type { PluginRecord } from './records.ts';
import { checksumOfTree } from './store.ts';

/** Where a plugin comes from. */
export interface Origin {
  source: Source;
  marketplace: AddedMarketplace | null;
  listedAs: ListedAs | null;
  version: string;
}

/** A plugin that was fetched and loads, and is not kept yet. */
export interface FetchedPlugin {
  plugin: Plugin;
  tree: Tree;
  revision: string;
  checksum: string;
}

/** A plugin's name, with or without its marketplace. */
export const NAME_AT = /^([^@/:#]+)(?:@([^@/:#]+))?$/;

/** What a person means by a name or a source. */
export function originOf(given: string, { home, cwd }: { home: string; cwd: string }): Origin {
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
export async function refreshedOrigin(
  record: PluginRecord,
  options: FetchOptions & { home: string },
): Promise<Origin> {
  if (record.marketplace === null) {
    return { source: record.source, marketplace: null, listedAs: record.listedAs, version: '' };
  }
  const { record: known } = findMarketplace(options.home, record.marketplace);
  return listedOrigin(await addMarketplace(options.home, known.source, options), record.name);
}

/** Fetches a plugin and loads it. Throws PLUGIN_FETCH_FAILED, PLUGIN_REFUSED. */
export async function fetchPlugin(
  origin: Origin,
  working: string,
  options: FetchOptions,
): Promise<FetchedPlugin> {
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

export const isSameOrigin = (record: PluginRecord, { source, marketplace }: Origin): boolean =>
  record.marketplace !== null && marketplace !== null
    ? record.marketplace === marketplace.record.name
    : JSON.stringify(record.source) === JSON.stringify(source);

export const originText = ({ marketplace, source }: PluginRecord): string =>
  marketplace === null ? sourceText(source) : `the marketplace ${marketplace}`;
