import { optionValues, readOptionStates, type SetOption } from '../extensions/install/options.ts';
import { hookTexts, takesOption } from '../extensions/load/texts.ts';
import type { TeamHook } from '../extensions/use/hooks-of-team.ts';
import type { ExtensionSource } from '../extensions/use/team-extensions.ts';
import { optionVariable } from '../protocol/extensions.ts';
import type { HookOffer } from '../protocol/hooks.ts';

/** What the user has set for each plugin, by the name under which it is kept. */
export type OptionsOfTeam = ReadonlyMap<string, readonly SetOption[]>;

/** Reads what the user has set for plugins: of secrets only those that one of these hooks names. */
export async function optionsOfTeam(
  at: { home: string; env: NodeJS.ProcessEnv },
  sources: readonly ExtensionSource[],
  hooks: readonly TeamHook[],
  onFailure: (error: unknown) => void,
): Promise<OptionsOfTeam> {
  const all = new Map<string, readonly SetOption[]>();
  for (const source of sources) {
    if (source.options === undefined) continue;
    const { id, list } = source.options;
    const texts = hooks.filter((hook) => hook.source === source).flatMap(hookTexts);
    try {
      all.set(id, await optionValues(at, id, list, (key) => takesOption(texts, key)));
    } catch (error) {
      onFailure(error);
    }
  }
  return all;
}

/** The options of a plugin that a model may see, as texts. */
export const plainOptions = (options: readonly SetOption[]): Record<string, string> =>
  Object.fromEntries(
    options.filter(({ isSensitive }) => !isSensitive).map(({ key, value }) => [key, textOf(value)]),
  );

/** Fills them into a text for a model; what is secret, or not set, stays as it stands there. */
export function withPlainOptions(home: string, { options }: ExtensionSource, text: string): string {
  if (options === undefined) return text;
  const plain = options.list.filter(({ isSensitive }) => !isSensitive);
  const values = new Map(
    readOptionStates(home, options.id, plain).map(({ option, value }) => [option.key, textOf(value ?? '')]),
  );
  return text.replaceAll(OPTION, (whole, key: string) => values.get(key) ?? whole);
}

/**
 * Fills the options of its plugin into a hook. In the text of a shell they stand as variables, so that no value becomes a command; what is
 * secret goes only where the hook names it, and never into a text for a model.
 */
export function withOptions(offer: HookOffer, hook: TeamHook, options: readonly SetOption[]): HookOffer {
  if (options.length === 0) return offer;
  const texts = hookTexts(hook);
  const given = options.filter(({ key, isSensitive }) => !isSensitive || takesOption(texts, key));
  const plain = new Map(Object.entries(plainOptions(options)));
  const all = new Map(given.map(({ key, value }) => [key, textOf(value)]));
  const isShell = hook.type === 'command' && hook.args === null;
  const values = hook.type === 'command' || hook.type === 'http' ? all : plain;
  const fill = (text: string): string =>
    text.replaceAll(OPTION, (whole, key: string) =>
      isShell && values.has(key) ? `\${${optionVariable(key)}}` : (values.get(key) ?? whole),
    );
  const several = (argument: string): string[] => {
    const option = given.find(
      ({ key, value }) => Array.isArray(value) && argument === `\${user_config.${key}}`,
    );
    return option === undefined ? [fill(argument)] : [option.value].flat();
  };
  const { input, headers } = offer;
  return {
    ...offer,
    ...{ what: fill(offer.what), args: offer.args?.flatMap(several) ?? null },
    ...(input === undefined ? {} : { input: filledIn(input, fill) }),
    ...(headers === undefined
      ? {}
      : { headers: mapValues(headers, (text: string) => fill(text).replaceAll(/[\r\n\0]/g, '')) }),
    options: Object.fromEntries(given.map(({ key, value }) => [optionVariable(key), textOf(value)])),
  };
}

const OPTION = /\$\{user_config\.(\w+)\}/g;

function filledIn(given: Record<string, unknown>, fill: (text: string) => string): Record<string, unknown> {
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string') return fill(value);
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    return mapValues(value, filled);
  };
  return mapValues(given, filled);
}

const mapValues = <Value, Result>(of: object, how: (value: Value) => Result): Record<string, Result> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, how(value)]));

const textOf = (value: SetOption['value']): string => (Array.isArray(value) ? value.join(',') : value);
