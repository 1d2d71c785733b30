import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createNotes, type ExtensionState, type Finding, stateOf } from '../../extensions/finding.ts';
import { MARKETPLACE_FILE, readMarketplace } from '../../extensions/format/marketplace.ts';
import { readableText } from '../../extensions/format/text.ts';
import { readTreeMarketplace } from '../../extensions/install/marketplaces.ts';
import { loadPlugin, MANIFEST, type Plugin } from '../../extensions/load/plugin.ts';
import { readTree } from '../../extensions/load/tree.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { componentNames, counts, findingLine, STATES } from './print.ts';

/** Checks a plugin or marketplace in a folder, with every plugin that lies in it. Returns 4 when something is refused. */
export function validate(given: string, cwd: string, print: (value: unknown, text: string) => void): number {
  const path = resolve(cwd, given);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CoworkError('PLUGIN_UNKNOWN', `There is nothing at ${path}.`);
  const report = stats.isDirectory() ? checkFolder(path) : checkFile(path);
  print(report.value, report.text);
  return report.states.includes('refused') ? 4 : 0;
}

interface Report {
  value: unknown;
  text: string;
  states: ExtensionState[];
}

function checkFile(path: string): Report {
  const folder = dirname(path);
  // A manifest stands for the folder that it describes.
  if (path.endsWith(`/${MANIFEST}`) || path.endsWith(`/${MARKETPLACE_FILE}`))
    return checkFolder(dirname(folder));
  const marketplace = readMarketplace(readableText(readFileSync(path)), { file: path, folder: undefined });
  return reportMarketplace(marketplace.name, marketplace.findings, []);
}

function checkFolder(folder: string): Report {
  const notes = createNotes();
  const tree = readTree(folder, notes);
  if (!tree.files.has(MARKETPLACE_FILE)) return reportPlugin(loadPlugin(folder));
  const { name, findings, plugins } = readTreeMarketplace(tree, notes);
  const loaded = plugins.flatMap(({ source, entry, isStrict, name: plugin }) =>
    source.kind === 'folder'
      ? [loadPlugin(join(folder, source.path), { entry: { ...entry, name: plugin }, isStrict })]
      : [],
  );
  return reportMarketplace(name, findings, loaded);
}

function reportMarketplace(name: string, findings: Finding[], plugins: readonly Plugin[]): Report {
  const state = stateOf(findings);
  const reports = plugins.map(reportPlugin);
  return {
    value: { kind: 'marketplace', name, state, findings, plugins: reports.map(({ value }) => value) },
    text: [
      `marketplace ${name}: ${STATES[state]}\n`,
      ...findings.map((each) => findingLine(name, each)),
      ...reports.map(({ text }) => text),
    ].join(''),
    states: [state, ...reports.flatMap(({ states }) => states)],
  };
}

function reportPlugin({ name, version, state, findings, components }: Plugin): Report {
  const head = `plugin ${name}: ${STATES[state]}${state === 'refused' ? '' : `: ${counts(components) || 'nothing'}`}\n`;
  return {
    value: { kind: 'plugin', name, version, state, components: componentNames(components), findings },
    text: [head, ...findings.map((each) => findingLine(name, each))].join(''),
    states: [state],
  };
}
