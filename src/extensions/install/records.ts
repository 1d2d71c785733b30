import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { errorCode, makeFolder } from '../../store/folders.ts';
import { replaceFile } from '../../store/replace-file.ts';
import type { Source } from '../format/source.ts';
import type { ListedAs } from '../load/plugin.ts';
import { checksumsOfTeams } from '../use/team-extensions.ts';
import { contentFolder, pluginsFolder, sweepStore } from './store.ts';

export const SCOPES = ['user', 'project', 'team'] as const;
export type Scope = (typeof SCOPES)[number];

/** A plugin that is installed: one file, replaced whole, so that no lock is needed. */
export interface PluginRecord {
  v: 1;
  name: string;
  /** Name of the marketplace it came from. */
  marketplace: string | null;
  scope: Scope;
  /** Folder of the project or name of the team; null for the user. */
  where: string | null;
  source: Source;
  listedAs: ListedAs | null;
  /** Commit, version or checksum as the source calls it. */
  revision: string;
  version: string;
  /** Of its files; also their place in the store. */
  checksum: string;
  /** The checksum that the user has agreed to run; anything else of it does not run. */
  consent: string | null;
  added: string;
  updated: string;
}

/** Where a marketplace comes from: a folder or repository, or its JSON alone. */
export type MarketplaceSource = Source | { kind: 'file'; path: string } | { kind: 'url'; url: string };

export interface MarketplaceRecord {
  v: 1;
  name: string;
  source: MarketplaceSource;
  revision: string;
  checksum: string;
  added: string;
  updated: string;
}

const folders = { installed: 'installed', marketplaces: 'marketplaces' } as const;

/** All plugins that are installed, by name; what can't be read is named in `broken`. */
export function readPluginRecords(home: string): {
  records: PluginRecord[];
  broken: { file: string; reason: string }[];
} {
  const { records, broken } = readAll<PluginRecord>(join(pluginsFolder(home), folders.installed));
  return { records: records.sort((a, b) => (a.name < b.name ? -1 : 1)), broken };
}

export function readMarketplaceRecords(home: string): MarketplaceRecord[] {
  return readAll<MarketplaceRecord>(join(pluginsFolder(home), folders.marketplaces)).records;
}

/** Writes a record once its content is in the store; `put` brings it back should it have been swept away. */
export async function writePluginRecord(
  home: string,
  record: PluginRecord,
  put: () => string,
): Promise<void> {
  await write(home, folders.installed, fileName(record), record, put);
}

export async function writeMarketplaceRecord(
  home: string,
  record: MarketplaceRecord,
  put: () => string,
): Promise<void> {
  await write(home, folders.marketplaces, `${record.name}.json`, record, put);
}

export function deletePluginRecord(home: string, record: PluginRecord): void {
  rmSync(join(pluginsFolder(home), folders.installed, fileName(record)), { force: true });
  sweep(home);
}

export function deleteMarketplaceRecord(home: string, name: string): void {
  rmSync(join(pluginsFolder(home), folders.marketplaces, `${name}.json`), { force: true });
  sweep(home);
}

/** Removes contents that no record and no team names. */
export function sweep(home: string): void {
  sweepStore(
    home,
    () =>
      new Set([
        ...[...readPluginRecords(home).records, ...readMarketplaceRecords(home)].map(
          ({ checksum }) => checksum,
        ),
        ...checksumsOfTeams(home),
      ]),
  );
}

/** The same name can be there once for each scope and place. */
function fileName({ name, scope, where }: Pick<PluginRecord, 'name' | 'scope' | 'where'>): string {
  const place = where === null ? '' : `-${createHash('sha256').update(where).digest('hex').slice(0, 12)}`;
  return `${name}.${scope}${place}.json`;
}

async function write(
  home: string,
  folder: string,
  file: string,
  record: { checksum: string },
  put: () => string,
): Promise<void> {
  const path = join(pluginsFolder(home), folder);
  makeFolder(path);
  try {
    await replaceFile(join(path, file), `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('PLUGIN_FETCH_FAILED', `It can't be written to ${path}: ${why}.`, { cause: error });
  }
  if (!existsSync(contentFolder(home, record.checksum))) put();
  sweep(home);
}

function readAll<Kind extends { v: 1; name: string }>(
  folder: string,
): { records: Kind[]; broken: { file: string; reason: string }[] } {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { records: [], broken: [] };
    throw error;
  }
  const broken: { file: string; reason: string }[] = [];
  const records = names.flatMap((name) => {
    const file = join(folder, name);
    try {
      // Written by `write` above; the file is 0600 and ours.
      const record = JSON.parse(readFileSync(file, 'utf8')) as Kind;
      if (record.v !== 1 || typeof record.name !== 'string')
        throw new Error('it is no record of this version');
      return [record];
    } catch (error) {
      if (errorCode(error) !== 'ENOENT')
        broken.push({ file, reason: error instanceof Error ? error.message : String(error) });
      return [];
    }
  });
  return { records, broken };
}
