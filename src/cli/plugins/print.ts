import type { Finding } from '../../extensions/finding.ts';
import { sourceText } from '../../extensions/format/source.ts';
import type { InstalledPlugin } from '../../extensions/install/installed.ts';
import type { Change } from '../../extensions/install/inventory.ts';
import type { UpdateOutcome } from '../../extensions/install/plugins.ts';
import type { Components } from '../../extensions/load/components.ts';
import { plainText } from '../../text/plain.ts';
import { table } from '../print.ts';

/** An installed plugin as `cowork plugin list --json` shows it. */
export function describePlugin({ record, plugin, runs, isAgreed }: InstalledPlugin) {
  const { name, marketplace, scope, where, revision, version, checksum, added, updated } = record;
  return {
    ...{ name, title: plugin.title, description: plugin.description, version, state: plugin.state },
    ...{ scope, where, marketplace, source: sourceText(record.source), revision, checksum, added, updated },
    consent: runs.length === 0 ? 'not needed' : isAgreed ? 'given' : 'needed',
    runs: runs.map(({ kind, name: part, detail }) => ({ kind, name: part, detail })),
    components: componentNames(plugin.components),
    findings: plugin.findings,
  };
}

/** What a plugin brings, by names. */
export function componentNames({ skills, commands, agents, hooks, mcpServers, programs }: Components) {
  const names = (items: readonly { name: string }[]) => items.map(({ name }) => name);
  return {
    ...{ skills: names(skills), commands: names(commands), agents: names(agents) },
    hooks: hooks.map(({ event, matcher, type }) => `${event} ${matcher} ${type}`),
    ...{ servers: names(mcpServers), programs },
  };
}

export function renderPlugins(
  plugins: readonly InstalledPlugin[],
  broken: readonly { file: string; reason: string }[],
): string {
  if (plugins.length + broken.length === 0)
    return 'No plugin is installed. Add one with `cowork plugin add`.\n';
  const rows = plugins.map(({ record, plugin }) => [
    ...[
      record.name,
      record.version.slice(0, 16),
      STATES[plugin.state],
      record.scope,
      counts(plugin.components),
    ],
    record.marketplace ?? sourceText(record.source),
  ]);
  const told = plugins.flatMap(({ record, plugin }) =>
    plugin.findings.map((finding) => findingLine(record.name, finding)),
  );
  return [
    table(['PLUGIN', 'VERSION', 'STATE', 'SCOPE', 'BRINGS', 'FROM'], rows),
    ...told,
    ...broken.map(({ file, reason }) => `${plainText(file)}: refused: ${plainText(reason)}\n`),
  ].join('');
}

export function renderAdded({ record, plugin, runs, isAgreed }: InstalledPlugin): string {
  const waits = runs.length > 0 && !isAgreed;
  return [
    `${record.name} ${plainText(record.version)} is installed: ${counts(plugin.components) || 'nothing'}.\n`,
    ...plugin.findings.map((finding) => findingLine(record.name, finding)),
    ...(waits ? [`Nothing of it runs before you agree: cowork plugin add ${record.name} --yes\n`] : []),
  ].join('');
}

export function renderUpdates(outcomes: readonly UpdateOutcome[]): string {
  if (outcomes.length === 0) return 'No plugin is installed.\n';
  return outcomes
    .map(({ name, outcome, from, to, changes, reason }) => {
      const head = {
        current: `${name} is up to date.`,
        updated: `${name} is updated from ${plainText(from.version)} to ${plainText(to?.version ?? '')}.`,
        refused: `${name} stays at ${plainText(from.version)}: ${reason}. Agree with --yes.`,
        failed: `${name} stays at ${plainText(from.version)}: ${plainText(reason)}`,
      }[outcome];
      return [head, ...changes.map((change) => `  ${changeLine(change)}`), ''].join('\n');
    })
    .join('');
}

export function changeLine({ change, kind, name, detail }: Change): string {
  return plainText([change.padEnd(8), kind, name, detail.slice(0, 200)].join(' ').trimEnd());
}

export function findingLine(name: string, { severity, file, reason }: Finding): string {
  return `${plainText(`${name}: ${file}: ${severity === 'error' ? 'refused: ' : ''}${reason}`)}\n`;
}

export const STATES = { loaded: 'loaded', warnings: 'loaded with warnings', refused: 'refused' } as const;

/** How many of each kind: `2 skills, 1 hook`. */
export function counts(components: Components): string {
  const kinds = Object.entries({
    command: components.commands,
    skill: components.skills,
    agent: components.agents,
    hook: components.hooks,
    server: components.mcpServers,
    program: components.programs,
  });
  return kinds
    .filter(([, items]) => items.length > 0)
    .map(([kind, { length }]) => `${length} ${kind}${length === 1 ? '' : 's'}`)
    .join(', ');
}
