import { once } from 'node:events';
import { CoworkError } from '../../protocol/errors.ts';
import { serveDashboard } from '../../web/serve.ts';
import type { CommandModule } from '../command.ts';
import { runTokens } from '../web-tokens.ts';

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { port, json, readOnly, action } = args;
  const { env, home, stdin, stdout, stderr } = surroundings;
  if (action === 'token') return runTokens(args, surroundings);
  if (action !== undefined)
    throw new CoworkError('USAGE', `cowork web can't ${String(action)}.`, {
      hint: 'Without a word it shows the dashboard; `cowork web token` is about tokens for scripts.',
    });
  const asked = new AbortController();
  // Not `once`: the library of locks ends the process itself when nobody else listens any more.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => asked.abort());
  await using dashboard = await serveDashboard({ env, home, port: portOf(port) });
  const rights = readOnly === true ? 'read' : 'full';
  const say = (): void => {
    const url = dashboard.link(rights);
    stdout.write(json ? `${JSON.stringify({ url, port: dashboard.port })}\n` : `${url}\n`);
  };
  say();
  if (!json) {
    const more = stdin.isTTY ? ' Enter gives another link;' : '';
    stderr.write(
      `Open it in a browser on this machine, within ten minutes; it works once.${more} Ctrl-C ends it.\n`,
    );
  }
  if (stdin.isTTY) stdin.on('data', say);
  await once(asked.signal, 'abort');
  if (stdin.isTTY) stdin.pause(); // else it would keep this process
  return undefined;
};

function portOf(given: unknown): number {
  if (given === undefined) return 0;
  if (Number.isInteger(given) && Number(given) >= 0 && Number(given) < 65_536) return Number(given);
  throw new CoworkError('USAGE', '--port takes a number from 0 to 65535.');
}
