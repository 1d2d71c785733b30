import { execFile } from 'node:child_process';
import { ServerRefusal } from '../../extensions/servers/refusal.ts';

/** How long the command may take, milliseconds, and how much it may print, bytes. */
const HELPER_MS = 10_000;
const OUTPUT_MAX = 64 * 1024;

/**
 * What a command of the user's own prints as headers: a JSON object of texts. It runs on this host, in a shell, anew for each connection, and is told the
 * server's name and address, as the public format has it. Throws when it fails: without its headers the server would only refuse.
 */
export async function helperHeaders(
  command: string,
  of: { name: string; url: string; env: NodeJS.ProcessEnv; cwd: string },
): Promise<Record<string, string>> {
  const failed = (why: string) => new Error(`the command that gives its headers ${why}`);
  const { ANTHROPIC_API_KEY: _, ANTHROPIC_AUTH_TOKEN: __, ...env } = of.env;
  const told = { CLAUDE_CODE_MCP_SERVER_NAME: of.name, CLAUDE_CODE_MCP_SERVER_URL: of.url };
  const said = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      'sh',
      ['-c', command],
      {
        env: { ...env, ...told },
        cwd: of.cwd,
        timeout: HELPER_MS,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_MAX,
      },
      (error, stdout) => {
        if (error === null) return resolve(stdout);
        const { killed, code } = error;
        reject(
          failed(
            killed === true ? `took longer than ${HELPER_MS / 1_000} s` : `ended with ${code ?? 'a signal'}`,
          ),
        );
      },
    );
    child.stdin?.on('error', () => {}); // it reads nothing
    child.stdin?.end();
  });
  let value: unknown;
  try {
    value = JSON.parse(said);
  } catch {
    // Not told what it printed: that may be a secret.
    throw failed('printed no JSON');
  }
  const headers = Object.entries(
    typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { '': 0 },
  );
  const isHeader = ([key, text]: [string, unknown]): boolean =>
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key) && typeof text === 'string' && !/[\r\n\0]/.test(text);
  if (!headers.every(isHeader))
    throw new ServerRefusal('failed', failed('printed no object of headers').message);
  return Object.fromEntries(headers as [string, string][]); // as just checked
}
