import { serverEnvironment } from '../extensions/servers/environment.ts';
import { toolName } from '../extensions/servers/names.ts';
import type { TeamHook } from '../extensions/use/hooks-of-team.ts';
import type { HookOffer } from '../protocol/hooks.ts';

/** A hook as its agent is told of it. */
export function hookOffer(
  hook: TeamHook,
  places: Pick<HookOffer, 'root' | 'data'>,
  env: NodeJS.ProcessEnv,
): HookOffer {
  const { whyNot: _, source: __, file: ___, server, variables = [], headers, ...shown } = hook;
  return {
    ...(shown as Omit<HookOffer, 'root' | 'data'>), // one that is armed has an event and a type that agents know
    ...places,
    ...(server === undefined ? {} : { what: toolName(server, hook.what) }),
    ...(headers === undefined ? {} : { headers: filledHeaders(headers, variables, env) }),
  };
}

/** As the format has it: only variables that the handler names are taken, all others are empty. Ours and the model's never are. */
export function filledHeaders(
  headers: Record<string, string>,
  variables: readonly string[],
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const taken = (name: string): string =>
    variables.includes(name) ? (serverEnvironment(env, name) ?? '') : '';
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value
        .replaceAll(VARIABLE, (whole, braced?: string, bare?: string) =>
          OF_THE_PLUGIN.test(whole) ? whole : taken(braced ?? bare ?? ''),
        )
        .replaceAll(/[\r\n\0]/g, ''),
    ]),
  );
}

const VARIABLE = /\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g;
/** Filled in by the agent, which knows them. */
const OF_THE_PLUGIN = /^\$\{CLAUDE_(PLUGIN_ROOT|PLUGIN_DATA|PROJECT_DIR)\}$/;
