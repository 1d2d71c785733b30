import { sourceText } from '../../extensions/format/source.ts';
import { givenMarketplaceSource } from '../../extensions/install/given-source.ts';
import {
  type AddedMarketplace,
  addMarketplace,
  findMarketplace,
  listMarketplaces,
  removeMarketplace,
} from '../../extensions/install/marketplaces.ts';
import type { InstallOptions } from '../../extensions/install/plugins.ts';
import type { MarketplaceSource } from '../../extensions/install/records.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { brief, table } from '../print.ts';
import { findingLine, STATES } from './print.ts';

const ACTIONS = ['add', 'list', 'remove', 'update'];

/** `cowork plugin marketplace …`. */
export async function runMarketplace(of: {
  action: unknown;
  which: unknown;
  home: string;
  options: InstallOptions;
  print: (value: unknown, text: string) => void;
}): Promise<number | undefined> {
  const { action = 'list', which, home, options, print } = of;
  const name = typeof which === 'string' ? which : undefined;
  switch (action) {
    case 'list': {
      const all = listMarketplaces(home).filter(({ record }) => name === undefined || record.name === name);
      if (name !== undefined) findMarketplace(home, name);
      print(all.map(describe), name === undefined ? renderAll(all) : all.map(renderOne).join(''));
      return;
    }
    case 'add': {
      const added = await addMarketplace(
        home,
        givenMarketplaceSource(needed(name, 'add'), options.cwd),
        options,
      );
      print(describe(added), renderOne(added));
      return;
    }
    case 'remove': {
      const { name: removed } = removeMarketplace(home, needed(name, 'remove'));
      print({ removed }, `${removed} is removed. Plugins that came from it stay as they are.\n`);
      return;
    }
    case 'update':
      return update(name === undefined ? listMarketplaces(home) : [findMarketplace(home, name)], of);
    default: {
      const nearest = nearestName(String(action), ACTIONS);
      const hint = nearest === undefined ? `It can ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`;
      throw new CoworkError('USAGE', `cowork plugin marketplace can't ${action}.`, { hint });
    }
  }
}

async function update(
  all: readonly AddedMarketplace[],
  { home, options, print }: Parameters<typeof runMarketplace>[0],
): Promise<number> {
  const outcomes = [];
  for (const { record, marketplace } of all) {
    const before = marketplace.plugins.map(({ name }) => name);
    try {
      const { marketplace: fresh, record: to } = await addMarketplace(home, record.source, options);
      const after = fresh.plugins.map(({ name }) => name);
      outcomes.push({
        ...{ name: record.name, outcome: to.checksum === record.checksum ? 'current' : 'updated' },
        ...{ from: record.revision, to: to.revision, reason: '' },
        new: after.filter((each) => !before.includes(each)),
        gone: before.filter((each) => !after.includes(each)),
      });
    } catch (error) {
      if (!(error instanceof CoworkError)) throw error;
      const failed = { from: record.revision, to: null, reason: error.message, new: [], gone: [] };
      outcomes.push({ name: record.name, outcome: 'failed', ...failed });
    }
  }
  const text = outcomes.map(({ name, outcome, reason, new: fresh, gone }) => {
    const lines = [...fresh.map((each) => `  new  ${each}\n`), ...gone.map((each) => `  gone ${each}\n`)];
    return `${name}: ${{ current: 'up to date', updated: 'updated' }[outcome] ?? reason}\n${lines.join('')}`;
  });
  print(outcomes, text.join('') || 'No marketplace is added.\n');
  return outcomes.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}

function describe({ record, marketplace }: AddedMarketplace) {
  const { name, revision, checksum, added, updated } = record;
  return {
    ...{ name, description: marketplace.description, state: marketplace.state },
    ...{ source: marketplaceSourceText(record.source), revision, checksum, added, updated },
    plugins: marketplace.plugins.map(({ name: plugin, description, version, source }) => ({
      ...{ name: plugin, description, version, source: sourceText(source), kind: source.kind },
    })),
    findings: marketplace.findings,
  };
}

function renderAll(all: readonly AddedMarketplace[]): string {
  if (all.length === 0) return 'No marketplace is added. Add one with `cowork plugin marketplace add`.\n';
  const rows = all.map(({ record, marketplace }) => [
    ...[
      record.name,
      String(marketplace.plugins.length),
      STATES[marketplace.state],
      record.updated.slice(0, 16).replace('T', ' '),
    ],
    marketplaceSourceText(record.source),
  ]);
  return table(['MARKETPLACE', 'PLUGINS', 'STATE', 'FETCHED (UTC)', 'FROM'], rows);
}

function renderOne({ record, marketplace }: AddedMarketplace): string {
  const rows = marketplace.plugins.map(({ name, version, description }) => [
    name,
    version,
    brief(description, 80),
  ]);
  const told = marketplace.findings.map((finding) => findingLine(record.name, finding));
  return [
    `${record.name} lists ${rows.length} plugins; add one with \`cowork plugin add NAME@${record.name}\`.\n`,
    rows.length === 0 ? '' : table(['PLUGIN', 'VERSION', 'ABOUT'], rows),
    ...told,
  ].join('');
}

function needed(name: string | undefined, action: string): string {
  if (name !== undefined) return name;
  throw new CoworkError(
    'USAGE',
    `cowork plugin marketplace ${action} needs a ${action === 'add' ? 'source' : 'name'}.`,
  );
}

const marketplaceSourceText = (source: MarketplaceSource): string =>
  source.kind === 'file' ? source.path : source.kind === 'url' ? source.url : sourceText(source);
