import type { McpServer } from '../load/mcp-servers.ts';
import { serverTexts } from '../load/texts.ts';
import { variablesIn } from './variables.ts';

/** The model's and our own are never given to a server, whatever it asks for. */
const NEVER = /^(ANTHROPIC|COWORK)_/;

/** What a server gets of the user's environment under this name. */
export const serverEnvironment = (env: NodeJS.ProcessEnv, name: string): string | undefined =>
  NEVER.test(name) ? undefined : env[name];

/** Which variables of the user's environment a server takes: told before anybody agrees to it. */
export function takenVariables(server: McpServer): string[] {
  return variablesIn(serverTexts(server)).filter(
    (name) => !NEVER.test(name) && !/^CLAUDE_|^user_config\./.test(name) && !OF_A_MACHINE.has(name),
  );
}

const OF_A_MACHINE: ReadonlySet<string> = new Set(['HOME', 'PATH', 'USER', 'PWD', 'SHELL', 'TMPDIR']);

/** A server in a line, for who is to agree to it. */
export function describeServer(server: McpServer): string {
  const { type, command, args, url, headersHelper } = server;
  const taken = takenVariables(server);
  const takes = taken.length === 0 ? '' : ` (takes ${taken.join(', ')} of your environment)`;
  const helped = headersHelper === undefined ? '' : ` (headers by ${headersHelper})`;
  return `${type === 'stdio' ? [command, ...args].join(' ') : url}${takes}${helped}`;
}
