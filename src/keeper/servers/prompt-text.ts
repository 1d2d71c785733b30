import { plain } from '../../extensions/servers/names.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { SkillText } from '../../protocol/extensions.ts';
import type { HubServer } from './hub-server.ts';

/** How long a prompt may take, milliseconds. */
const PROMPT_MS = 60_000;

/** A prompt of a server, filled in as a command; undefined when there is none of this name. Throws SKILL_UNKNOWN, SERVER_FAILED. */
export async function promptText(
  servers: readonly HubServer[],
  name: string,
  given: string,
): Promise<SkillText | undefined> {
  for (const { server, connection } of servers) {
    const prompt = connection.view.prompts.find(
      (each) => `mcp__${plain(server.fullName)}__${plain(each.name)}` === name,
    );
    if (prompt === undefined) continue;
    const values = argumentsOf(
      prompt.arguments.map((argument) => argument.name),
      given,
    );
    const missing = prompt.arguments.find(
      (argument) => argument.isRequired && values[argument.name] === undefined,
    );
    if (missing !== undefined) {
      const choices = await connection.complete(prompt.name, missing.name, '').catch(() => []);
      const hint = choices.length === 0 ? missing.description : `It takes ${choices.join(', ')}.`;
      throw new CoworkError('SKILL_UNKNOWN', `/${name} needs "${missing.name}".`, {
        hint: hint || 'Give it behind the name.',
      });
    }
    const body = await connection
      .prompt(prompt.name, values, AbortSignal.timeout(PROMPT_MS))
      .catch((error: unknown) => {
        throw new CoworkError(
          'SERVER_FAILED',
          `${server.fullName}: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
    return {
      ...{ name, kind: 'command', body, file: '', folder: '', root: '', data: '', arguments: [] },
      ...{ allowedTools: null, disallowedTools: [], model: null, isForked: false, agent: null },
      ...{ noShell: null, isLiteral: true },
    };
  }
  return undefined;
}

/** Words behind a command: `name=value`, or in order; the last argument takes what is left. */
function argumentsOf(names: readonly string[], given: string): Record<string, string> {
  const words = [...given.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  const values: Record<string, string> = {};
  const rest = words.filter((word) => {
    const name = names.find((each) => word.startsWith(`${each}=`));
    if (name !== undefined) values[name] = word.slice(name.length + 1);
    return name === undefined;
  });
  const open = names.filter((name) => values[name] === undefined);
  for (const [i, name] of open.entries()) {
    const value = i === open.length - 1 ? rest.slice(i).join(' ') : rest[i];
    if (value !== undefined && value !== '') values[name] = value;
  }
  return values;
}
