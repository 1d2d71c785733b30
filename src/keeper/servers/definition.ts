import type { SetOption } from '../../extensions/install/options.ts';
import { serverTexts, takesOption } from '../../extensions/load/texts.ts';
import { serverEnvironment } from '../../extensions/servers/environment.ts';
import { fillVariables } from '../../extensions/servers/variables.ts';
import type { UsableServer } from '../../extensions/use/servers-of-team.ts';
import { optionVariable } from '../../protocol/extensions.ts';
import { GUEST_VARIABLES, type ServerStart } from '../../protocol/servers.ts';
import type { PluginPlaces } from '../plugin-places.ts';

interface FillContext {
  places: PluginPlaces;
  /** Where agents see the first granted folder, else their scratch folder. */
  project: string;
  env: NodeJS.ProcessEnv;
  /** What the user has set for the plugin of the server. */
  options: readonly SetOption[];
}

/** A server with its variables filled in; `unset` are those that have no value. */
export function filledServer(
  server: UsableServer,
  { places, project, env, options }: FillContext,
): { start: Omit<ServerStart, 'pipe'>; url: string; headers: Record<string, string>; unset: string[] } {
  const { source } = server;
  const root = source === null ? '' : places.root(source);
  const data = source === null ? '' : places.data(source);
  const own: Record<string, string> = {
    CLAUDE_PROJECT_DIR: project,
    ...(source === null ? {} : { CLAUDE_PLUGIN_ROOT: root, CLAUDE_PLUGIN_DATA: data }),
    ...Object.fromEntries(options.map(({ key, value }) => [`user_config.${key}`, textOf(value)])),
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
  // What is secret goes into a machine only where the server names it.
  const texts = serverTexts(server);
  const given = Object.fromEntries(
    options
      .filter(({ key, isSensitive }) => !isSensitive || takesOption(texts, key))
      .map(({ key, value }) => [optionVariable(key), textOf(value)]),
  );
  // Several values are several arguments where the argument is nothing else.
  const argument = (text: string): string[] => {
    const several = options.find(
      ({ key, value }) => Array.isArray(value) && text === `\${user_config.${key}}`,
    );
    return several === undefined ? [fill(text)] : [several.value].flat();
  };
  return {
    start: {
      command: fill(server.command),
      args: server.args.flatMap(argument),
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

const textOf = (value: SetOption['value']): string => (Array.isArray(value) ? value.join(',') : value);
