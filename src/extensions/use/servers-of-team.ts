import type { McpServer } from '../load/mcp-servers.ts';
import { pluginServerName } from '../servers/names.ts';
import type { ExtensionSource, TeamExtensions } from './team-extensions.ts';

/** A server of a team, and whether its agents use it. */
export interface UsableServer extends McpServer {
  /** How tools name it: its name, or `plugin_PLUGIN_NAME`. */
  fullName: string;
  /** The plugin that it is of; null for one of the user or the project. */
  source: ExtensionSource | null;
  scope: 'plugin' | 'project' | 'user';
  /** Why agents do not use it; null when they do. */
  whyNot: string | null;
}

/** All servers of a team; of one name the first counts. */
export function serversOf({ sources, servers = [] }: TeamExtensions): UsableServer[] {
  const all = [
    ...servers.map(
      (server): UsableServer => ({
        ...server,
        fullName: server.name,
        source: null,
        whyNot: whyNot(server, server.isAgreed, `cowork connector allow ${server.name}`),
      }),
    ),
    ...sources.flatMap((source) =>
      source.mcpServers.map((server): UsableServer => {
        const plugin = source.plugin ?? source.folder;
        return {
          ...server,
          ...{ fullName: pluginServerName(plugin, server.name), source, scope: 'plugin' },
          whyNot: whyNot(server, source.isAgreed, `cowork plugin add ${plugin} --yes`),
        };
      }),
    ),
  ];
  const seen = new Set<string>();
  return all.map((server) => {
    if (seen.has(server.fullName))
      return { ...server, whyNot: server.whyNot ?? 'another server has its name' };
    if (server.whyNot === null) seen.add(server.fullName);
    return server;
  });
}

function whyNot({ type, isConfigured }: McpServer, isAgreed: boolean, command: string): string | null {
  if (!isConfigured) return 'it is not configured: its author left that to you';
  if (type === 'ws') return 'agents speak to no servers over WebSockets';
  return isAgreed ? null : `it waits for your consent: ${command}`;
}
