import { once } from 'node:events';
import { CoworkError } from '../../protocol/errors.ts';
import { serveDashboard } from '../../web/serve.ts';
import type { CommandModule } from '../command.ts';
import { networkFor } from '../web-network.ts';
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
  const rights = readOnly === true ? 'read' : 'full';
  if (args.host === undefined && args.passphraseFile !== undefined)
    throw new CoworkError('USAGE', '--passphrase-file goes with --host only.');
  const network = args.host === undefined ? undefined : await networkFor(args, rights, surroundings);
  await using dashboard = await serveDashboard({ env, home, port: portOf(port), network });
  if (network === undefined) {
    const say = (): void => {
      const url = dashboard.link(rights);
      stdout.write(json ? `${JSON.stringify({ url, port: dashboard.port })}\n` : `${url}\n`);
    };
    say();
    const more = stdin.isTTY ? ' Enter gives another link;' : '';
    if (!json)
      stderr.write(
        `Open it in a browser on this machine, within ten minutes; it works once.${more} Ctrl-C ends it.\n`,
      );
    if (stdin.isTTY) stdin.on('data', say);
  } else {
    const { fingerprint } = network;
    const url = `${dashboard.origin}/`;
    stdout.write(json ? `${JSON.stringify({ url, port: dashboard.port, fingerprint })}\n` : `${url}\n`);
    if (!json)
      stderr.write(
        `Open it in a browser in your network. The browser warns, as nobody vouches for the certificate: go on only if its SHA-256 is\n  ${fingerprint}\nThen it asks for the passphrase. Ctrl-C ends it.\n`,
      );
  }
  await once(asked.signal, 'abort');
  if (stdin.isTTY) stdin.pause(); // else it would keep this process
  return undefined;
};

function portOf(given: unknown): number {
  if (given === undefined) return 0;
  if (Number.isInteger(given) && Number(given) >= 0 && Number(given) < 65_536) return Number(given);
  throw new CoworkError('USAGE', '--port takes a number from 0 to 65535.');
}
