import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMarketplace } from '../../src/extensions/format/marketplace.ts';
import { loadPlugin } from '../../src/extensions/load/plugin.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { broughtBy, writeFiles } from './corpus/case.ts';
import { MANIFESTS } from './corpus/manifests.ts';
import { MARKETPLACES } from './corpus/marketplaces.ts';
import { TABLES } from './corpus/tables.ts';
import { TEXTS } from './corpus/texts.ts';

const PLUGINS = [...MANIFESTS, ...TEXTS, ...TABLES];

test('the corpus has at least 150 awkward cases, each once', () => {
  const titles = [...PLUGINS, ...MARKETPLACES].map(({ title }) => title);
  expect(PLUGINS.length + MARKETPLACES.length).toBeGreaterThanOrEqual(150);
  expect(new Set(PLUGINS.map(({ files }) => JSON.stringify(files))).size).toBe(PLUGINS.length);
  expect(titles.every((title) => title !== '')).toBe(true);
});

test.each(PLUGINS)(
  'a plugin with $title is $state, with file and reason',
  async ({ files, state, brings = '', says = [] }) => {
    const folder = join(await temporaryFolder(), 'p');
    writeFiles(folder, files);
    const plugin = loadPlugin(folder);
    expect(
      { state: plugin.state, brings: broughtBy(plugin.components) },
      JSON.stringify(plugin.findings),
    ).toEqual({ state, brings });
    expectFindings(plugin.findings, says);
  },
);

test.each(MARKETPLACES)('a marketplace with $title is $state', ({ content, state, lists, says }) => {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const marketplace = readMarketplace(text, { file: 'marketplace.json', folder: '/market' });
  const listed = marketplace.plugins.map(({ name, source }) => `${name} ${source.kind}`).join(', ');
  expect({ state: marketplace.state, lists: listed }, JSON.stringify(marketplace.findings)).toEqual({
    state,
    lists,
  });
  expectFindings(marketplace.findings, says);
});

function expectFindings(
  findings: readonly { file: string; reason: string }[],
  says: readonly RegExp[],
): void {
  expect(findings.map(({ reason }) => reason)).toEqual(says.map((reason) => expect.stringMatching(reason)));
  for (const { file } of findings) expect(file).not.toBe('');
}
