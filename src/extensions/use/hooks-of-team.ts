import { AGENT_EVENTS, HOOK_TYPES } from '../../protocol/hooks.ts';
import { type HookHandler, whyNever } from '../load/hooks.ts';
import { pluginServerName } from '../servers/names.ts';
import { serversOf } from './servers-of-team.ts';
import type { ExtensionSource, TeamExtensions } from './team-extensions.ts';

/** A hook of a plugin, and whether agents run it. */
export interface TeamHook extends HookHandler {
  /** The plugin and the place of the hook in it, from 1. */
  id: string;
  plugin: string;
  source: ExtensionSource;
  /** Why agents do not run it; null when it is armed. */
  whyNot: string | null;
}

export function hooksOf(extensions: TeamExtensions): TeamHook[] {
  const servers = new Set(serversOf(extensions).map(({ fullName }) => fullName));
  return extensions.sources.flatMap((source) =>
    source.hooks.map((hook, i) => {
      const plugin = source.plugin ?? source.folder;
      const id = `${plugin}:${i + 1}`;
      // Its own plugin's server goes before others of the same name.
      const own = pluginServerName(plugin, hook.server ?? '');
      const skill =
        hook.skill === undefined || source.plugin === null ? {} : { skill: `${source.plugin}:${hook.skill}` };
      const server = hook.server === undefined ? {} : { server: servers.has(own) ? own : hook.server };
      return {
        ...hook,
        ...server,
        ...skill,
        id,
        plugin,
        source,
        whyNot: whyNot({ ...hook, ...server }, source, servers),
      };
    }),
  );
}

function whyNot(
  { event, type, server }: HookHandler,
  { plugin, isAgreed }: ExtensionSource,
  servers: ReadonlySet<string>,
): string | null {
  if (!(AGENT_EVENTS as readonly string[]).includes(event))
    return whyNever(event) ?? `agents have no event ${event}`;
  if (!(HOOK_TYPES as readonly string[]).includes(type)) return `agents run no handler of the type ${type}`;
  if (type === 'mcp_tool' && !servers.has(server ?? '')) return `there is no MCP server ${server}`;
  return isAgreed ? null : `it waits for your consent: cowork plugin add ${plugin} --yes`;
}
