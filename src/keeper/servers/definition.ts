import { serverEnvironment } from '../../extensions/servers/environment.ts';
import { fillVariables } from '../../extensions/servers/variables.ts';
import type { UsableServer } from '../../extensions/use/servers-of-team.ts';
import { GUEST_VARIABLES, type ServerStart } from '../../protocol/servers.ts';
import type { PluginPlaces } from '../plugin-places.ts';

interface FillContext {
  places: PluginPlaces;
  /** Where agents see the first granted folder, else their scratch folder. */
  project: string;
  env: NodeJS.ProcessEnv;
  /** What the user has set for the plugin of a server. */
  config: (plugin: string) => Record<string, string>;
}

/** A server with its variables filled in; `unset` are those that have no value. */
export function filledServer(
  server: UsableServer,
  { places, project, env, config }: FillContext,
): { start: Omit<ServerStart, 'pipe'>; url: string; headers: Record<string, string>; unset: string[] } {
  const { source } = server;
  const root = source === null ? '' : places.root(source);
  const data = source === null ? '' : places.data(source);
  const options = source?.plugin === null || source === null ? {} : config(source.plugin);
  const own: Record<string, string> = {
    CLAUDE_PROJECT_DIR: project,
    ...(source === null ? {} : { CLAUDE_PLUGIN_ROOT: root, CLAUDE_PLUGIN_DATA: data }),
    ...Object.fromEntries(Object.entries(options).map(([key, value]) => [`user_config.${key}`, value])),
  };
  const unset = new Set<string>();
  // Of a program in a machine these are the machine's, and filled in there.
  const isMachines = (name: string): boolean =>
    server.type === 'stdio' && GUEST_VARIABLES.some((known) => known === name);
  const fill = (text: string): string =>
    fillVariables(
      text,
      (name) => (isMachines(name) ? undefined : (own[name] ?? serverEnvironment(env, name))),
      (name) => void (isMachines(name) || unset.add(name)),
    );
  const fillAll = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, fill(value)]));
  const { CLAUDE_PROJECT_DIR, CLAUDE_PLUGIN_ROOT, CLAUDE_PLUGIN_DATA } = own;
  const known = { CLAUDE_PROJECT_DIR, CLAUDE_PLUGIN_ROOT, CLAUDE_PLUGIN_DATA };
  const given = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [`CLAUDE_PLUGIN_OPTION_${key.toUpperCase()}`, value]),
  );
  return {
    start: {
      command: fill(server.command),
      args: server.args.map(fill),
      env: {
        ...Object.fromEntries(
          Object.entries(known).filter((pair): pair is [string, string] => pair[1] !== undefined),
        ),
        ...given,
        ...fillAll(server.env),
      },
      data,
    },
    url: fill(server.url),
    headers: fillAll(server.headers),
    unset: [...unset],
  };
}
