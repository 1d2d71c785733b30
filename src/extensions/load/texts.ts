import { optionVariable } from '../../protocol/extensions.ts';
import type { HookHandler } from './hooks.ts';
import type { McpServer } from './mcp-servers.ts';

/** Everything of a server in which variables are filled in. */
export const serverTexts = ({ command, args, env, url, headers }: McpServer): string[] => [
  ...[command, ...args, ...Object.values(env), url],
  ...Object.values(headers),
];

/** The same of a hook. */
export const hookTexts = ({ what, args, input, headers }: HookHandler): string[] => [
  ...[what, ...(args ?? [])],
  ...(input === undefined ? [] : [JSON.stringify(input)]),
  ...Object.values(headers ?? {}),
];

const OPTION = /\$\{user_config\.(\w+)(?::-[^}]*)?\}/g;

/** Keys of options that these texts name as `${user_config.KEY}`. */
export const optionsIn = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text) => [...text.matchAll(OPTION)].map((match) => match[1] ?? ''))),
];

/** Whether texts take an option: so, or by the variable that programs of the plugin have it in. */
export const takesOption = (texts: readonly string[], key: string): boolean =>
  optionsIn(texts).includes(key) ||
  texts.some((text) => new RegExp(`\\b${optionVariable(key)}\\b`).test(text));
