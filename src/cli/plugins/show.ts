import type { InstalledPlugin } from '../../extensions/install/installed.ts';
import { optionsId, readOptionStates } from '../../extensions/install/options.ts';
import type { McpServer } from '../../extensions/load/mcp-servers.ts';
import { describeServer } from '../../extensions/servers/environment.ts';
import { pluginServerName } from '../../extensions/servers/names.ts';
import { plainText } from '../../text/plain.ts';
import { describePlugin, findingLine, STATES } from './print.ts';

/** A plugin with all its parts, and what these need of services. */
export function describeWhole(home: string, installed: InstalledPlugin) {
  const { record, plugin } = installed;
  const { skills, commands, agents, mcpServers } = plugin.components;
  const states = readOptionStates(home, optionsId(record), plugin.options);
  return {
    ...describePlugin(installed),
    connectors: mcpServers.map((server) => ({
      ...{
        name: pluginServerName(record.name, server.name),
        type: server.type,
        what: describeServer(server),
      },
      ...{ isConfigured: server.isConfigured, todo: todoOf(record.name, server, installed.isAgreed) },
    })),
    values: states.map(({ option, isSet }) => ({ key: option.key, required: option.isRequired, isSet })),
    needs: [
      ...commands.map(({ name, allowedTools }) => ({ part: `command ${name}`, tools: allowedTools })),
      ...skills.map(({ name, allowedTools }) => ({ part: `skill ${name}`, tools: allowedTools })),
      ...agents.map(({ name, tools }) => ({ part: `agent ${name}`, tools })),
    ].flatMap(({ part, tools }) => {
      const servers = serversIn(tools ?? []);
      return servers.length === 0 ? [] : [{ part, servers }];
    }),
  };
}

/** Servers that a list of tools names: `mcp__SERVER__TOOL`. */
const serversIn = (tools: readonly string[]): string[] => [
  ...new Set(tools.flatMap((tool) => /^mcp__(.+?)(?:__|$)/.exec(tool)?.[1] ?? [])),
];

/** What the user does so that agents have this server; empty for nothing that is known before. */
function todoOf(plugin: string, server: McpServer, isAgreed: boolean): string {
  const name = pluginServerName(plugin, server.name);
  if (!server.isConfigured)
    return `cowork connector add ${plainText(server.name).replaceAll(/\s+/g, '-')} ADDRESS`;
  if (!isAgreed) return `cowork plugin add ${plugin} --yes`;
  return server.type === 'stdio' ? '' : `cowork connector login ${plainText(name)}, if it wants a login`;
}

export function renderWhole({
  name,
  version,
  state,
  description,
  components,
  ...more
}: ReturnType<typeof describeWhole>): string {
  const list = (title: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : [`${title}: ${items.map((item) => plainText(item)).join(', ')}`];
  const { skills, commands, agents, hooks, programs } = components;
  return [
    `${name} ${plainText(version)}: ${STATES[state]}`,
    ...(description === '' ? [] : [`  ${plainText(description).slice(0, 300)}`]),
    ...list('commands', commands),
    ...list('skills', skills),
    ...list('agents', agents),
    ...list('hooks', hooks),
    ...list('programs', programs),
    ...(more.connectors.length === 0 ? [] : ['connectors:']),
    ...more.connectors.map(({ name: server, what, isConfigured, todo }) => {
      const says = isConfigured ? plainText(what) : 'not configured: its author left the address to you';
      return `  ${plainText(server)}  ${says}${todo === '' ? '' : `\n    ${todo}`}`;
    }),
    ...more.needs.map(
      ({ part, servers }) => `  ${plainText(part)} uses ${servers.map((each) => plainText(each)).join(', ')}`,
    ),
    ...(more.values.length === 0 ? [] : ['values:']),
    ...more.values.map(
      ({ key, required, isSet }) => `  ${key}${required ? ', required' : ''}${isSet ? ', set' : ''}`,
    ),
    ...more.findings.map((finding) => findingLine(name, finding).trimEnd()),
    '',
  ].join('\n');
}
