import { optionVariable, type SkillText } from '../../protocol/extensions.ts';

/** A part of a skill's text: as it is, or a command whose output stands in its place. */
export type Part = { text: string } | { run: string };

/** A command in a line, at its beginning or behind a space; or a whole block of them. */
const COMMAND = /(^|(?<=\s))!`([^`\n]+)`|^```!\n([\s\S]*?)\n```$/gm;

/**
 * The text of a skill with its arguments and folders filled in. Commands are found before anything is filled in, so that
 * what somebody gives as an argument never becomes one.
 */
export function expand(skill: SkillText, given: string, variables: Record<string, string>): Part[] {
  const body = (skill.body ?? '').trim();
  const { options = {} } = skill;
  const fill = filler(skill, body, given, { ...variables, ...prefixed(options) });
  // In a command a value of the user stands as a variable of the shell: nothing in it can become a command.
  const asVariables = Object.fromEntries(
    Object.keys(options).map((key) => [key, `\${${optionVariable(key)}}`]),
  );
  const fillCommand = filler(skill, body, given, { ...variables, ...prefixed(asVariables) });
  const parts: Part[] = [];
  let at = 0;
  for (const match of body.matchAll(COMMAND)) {
    parts.push({ text: fill(body.slice(at, match.index)) });
    parts.push({ run: fillCommand(match[2] ?? match[3] ?? '') });
    at = match.index + match[0].length;
  }
  const rest = fill(body.slice(at));
  const isAppended = given.trim() !== '' && !usesArguments(skill, body);
  parts.push({ text: isAppended ? `${rest}\n\nARGUMENTS: ${given}` : rest });
  return parts.filter((part) => 'run' in part || part.text !== '');
}

const prefixed = (options: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [`user_config.${key}`, value]));

const PLACE =
  /\\\$|\$ARGUMENTS\[(\d+)\]|\$ARGUMENTS\b|\$(\d)(?!\d)|\$\{((?:user_config\.)?[A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g;

function filler(skill: SkillText, body: string, given: string, variables: Record<string, string>) {
  const words = splitWords(given);
  // Commands of old count from 1; one that says $0 counts from 0, as skills do.
  const first = skill.kind === 'command' && !/(?<!\\)\$0(?!\d)/.test(body) ? 1 : 0;
  const named = (name: string): string | undefined => {
    const at = skill.arguments.indexOf(name);
    return at < 0 ? undefined : (words[at] ?? '');
  };
  const known = (name: string): string | undefined =>
    Object.hasOwn(variables, name) ? variables[name] : undefined;
  return (text: string): string =>
    text.replaceAll(PLACE, (whole, index?: string, digit?: string, braced?: string, bare?: string) => {
      if (whole === '\\$') return '$';
      if (index !== undefined) return words[Number(index)] ?? '';
      if (digit !== undefined) return words[Number(digit) - first] ?? '';
      if (braced !== undefined) return known(braced) ?? named(braced) ?? whole;
      if (bare !== undefined) return named(bare) ?? whole;
      return given;
    });
}

function usesArguments({ arguments: names }: SkillText, body: string): boolean {
  if (/(?<!\\)\$(?:ARGUMENTS\b|\d(?!\d))/.test(body)) return true;
  return names.some((name) => new RegExp(`(?<!\\\\)\\$(?:${name}\\b|\\{${name}\\})`).test(body));
}

/** Words as a shell reads them: quotes hold together, a backslash takes the next character as it is. */
export function splitWords(given: string): string[] {
  const words: string[] = [];
  const word = /((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'])+)/gs;
  for (const [found] of given.matchAll(word)) {
    words.push(
      found.replaceAll(
        /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs,
        (_, double?: string, single?: string, one?: string) =>
          double !== undefined ? double.replaceAll(/\\(.)/gs, '$1') : (single ?? one ?? ''),
      ),
    );
  }
  return words;
}
