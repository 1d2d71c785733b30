import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { download } from '../fetch/download.ts';
import { fetchSource } from '../fetch/fetch.ts';
import type { FetchOptions } from '../fetch/fetched.ts';
import { createNotes, type Finding, type Notes } from '../finding.ts';
import { type Listed, MARKETPLACE_FILE, type Marketplace, readMarketplace } from '../format/marketplace.ts';
import { readableText } from '../format/text.ts';
import { messageOf, readTree, readTreeText, sha256, type Tree } from '../load/tree.ts';
import {
  deleteMarketplaceRecord,
  type MarketplaceRecord,
  type MarketplaceSource,
  readMarketplaceRecords,
  writeMarketplaceRecord,
} from './records.ts';
import { contentFolder, putTree } from './store.ts';
import { withWorkingFolder } from './working-folder.ts';

/** A marketplace that was added, with what it lists. */
export interface AddedMarketplace {
  record: MarketplaceRecord;
  marketplace: Marketplace;
  /** Its files; undefined when it is a JSON alone. */
  folder: string | undefined;
}

/** Largest marketplace.json in bytes. */
const JSON_MAX = 16 * 1024 * 1024;

/** Fetches a marketplace and keeps it. The same source again is an update. Throws PLUGIN_REFUSED, PLUGIN_TAKEN, PLUGIN_FETCH_FAILED. */
export async function addMarketplace(
  home: string,
  source: MarketplaceSource,
  options: FetchOptions,
): Promise<AddedMarketplace> {
  return withWorkingFolder(async (working) => {
    const { tree, revision, marketplace } = await fetchMarketplace(source, working, options);
    if (marketplace.state === 'refused') throw refused(marketplace.findings);
    const before = readMarketplaceRecords(home).find(({ name }) => name === marketplace.name);
    if (before !== undefined && JSON.stringify(before.source) !== JSON.stringify(source)) {
      throw new CoworkError(
        'PLUGIN_TAKEN',
        `There is a marketplace "${marketplace.name}" from another source.`,
        {
          hint: `Remove it first: \`cowork plugin marketplace remove ${marketplace.name}\`.`,
        },
      );
    }
    const now = new Date().toISOString();
    const checksum = putTree(home, tree);
    const record: MarketplaceRecord = {
      ...{ v: 1, name: marketplace.name, source, revision, checksum },
      ...{ added: before?.added ?? now, updated: now },
    };
    await writeMarketplaceRecord(home, record, () => putTree(home, tree));
    const folder = hasFolder(source) ? contentFolder(home, checksum) : undefined;
    return { record, marketplace, folder };
  });
}

/** All marketplaces as they were fetched last. */
export function listMarketplaces(home: string): AddedMarketplace[] {
  return readMarketplaceRecords(home).map((record) => {
    const stored = contentFolder(home, record.checksum);
    const folder = hasFolder(record.source) ? stored : undefined;
    const notes = createNotes();
    const text = readTreeText(readTree(stored, notes), MARKETPLACE_FILE, notes) ?? '';
    const marketplace = readMarketplace(text, { file: MARKETPLACE_FILE, folder });
    return { record, marketplace: { ...marketplace, name: record.name }, folder };
  });
}

/** One marketplace by its name. Throws PLUGIN_UNKNOWN with the nearest. */
export function findMarketplace(home: string, name: string): AddedMarketplace {
  const all = listMarketplaces(home);
  const found = all.find(({ record }) => record.name === name);
  if (found !== undefined) return found;
  const nearest = nearestName(
    name,
    all.map(({ record }) => record.name),
  );
  throw new CoworkError('PLUGIN_UNKNOWN', `There is no marketplace "${name}".`, {
    hint: nearest === undefined ? 'See `cowork plugin marketplace list`.' : `Did you mean ${nearest}?`,
  });
}

export function removeMarketplace(home: string, name: string): MarketplaceRecord {
  const { record } = findMarketplace(home, name);
  deleteMarketplaceRecord(home, record.name);
  return record;
}

/** What a marketplace lists under a name, also under one that it had before. */
export function findListed({ marketplace }: AddedMarketplace, name: string): Listed | undefined {
  const now = marketplace.renames[name] ?? name;
  return marketplace.plugins.find((listed) => listed.name === now);
}

async function fetchMarketplace(
  source: MarketplaceSource,
  working: string,
  options: FetchOptions,
): Promise<{ tree: Tree; revision: string; marketplace: Marketplace }> {
  const notes = createNotes();
  if (source.kind === 'file' || source.kind === 'url') {
    const { tree, bytes } = await fetchJson(source, working, options);
    const marketplace = readMarketplace(readableText(bytes), { file: MARKETPLACE_FILE, folder: undefined });
    return { tree, revision: sha256(bytes), marketplace };
  }
  const { folder, within, revision } = await fetchSource(source, working, notes, options);
  const tree = readTree(folder, notes, within);
  return { tree, revision, marketplace: readTreeMarketplace(tree, notes) };
}

/** Reads the marketplace of a folder whose files are listed. */
export function readTreeMarketplace(tree: Tree, notes: Notes): Marketplace {
  const text = readTreeText(tree, MARKETPLACE_FILE, notes);
  if (text === undefined) notes.refuse('.', `there is no ${MARKETPLACE_FILE}`);
  const marketplace = readMarketplace(text ?? '{"name":"none","owner":"","plugins":[]}', {
    file: MARKETPLACE_FILE,
    folder: tree.root,
  });
  const paths = [...tree.files.keys()];
  const plugins = marketplace.plugins.filter(({ name, source }) => {
    if (source.kind !== 'folder' || source.path === '') return true;
    if (paths.some((path) => path.startsWith(`${source.path}/`))) return true;
    notes.warn(
      MARKETPLACE_FILE,
      `${name}: its folder ${JSON.stringify(source.path)} is not there; it was left out`,
    );
    return false;
  });
  const findings = [...marketplace.findings, ...notes.findings];
  const isRefused = findings.some(({ severity }) => severity === 'error');
  return {
    ...marketplace,
    plugins,
    findings,
    state: isRefused ? 'refused' : findings.length > 0 ? 'warnings' : 'loaded',
  };
}

async function fetchJson(
  source: Extract<MarketplaceSource, { kind: 'file' | 'url' }>,
  working: string,
  { signal }: FetchOptions,
): Promise<{ tree: Tree; bytes: Buffer }> {
  const bytes = source.kind === 'url' ? await download(source.url, JSON_MAX, signal) : readJson(source.path);
  const file = join(working, MARKETPLACE_FILE);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, bytes, { mode: 0o600 });
  return { tree: readTree(working, createNotes()), bytes };
}

function readJson(path: string): Buffer {
  try {
    if (statSync(path).size > JSON_MAX) throw new Error('it is over 16 MiB');
    return readFileSync(path);
  } catch (error) {
    throw new CoworkError('PLUGIN_FETCH_FAILED', `${basename(path)} can't be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

const hasFolder = ({ kind }: MarketplaceSource): boolean => kind !== 'file' && kind !== 'url';

/** The first error of several, with where all of them are told. */
export function refused(findings: readonly Finding[]): CoworkError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const more = errors.length > 1 ? ` And ${errors.length - 1} more.` : '';
  return new CoworkError(
    'PLUGIN_REFUSED',
    `${first?.file ?? '.'}: ${first?.reason ?? 'it is not usable'}.${more}`,
  );
}
