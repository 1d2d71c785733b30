import { readFileSync } from 'node:fs';
import { CoworkError } from '../protocol/errors.ts';
import { type Network, openNetwork } from '../web/network/network.ts';
import { hasPassphrase, setPassphrase } from '../web/network/passphrase.ts';
import type { Rights } from '../web/sessions.ts';
import { askHidden } from './ask-hidden.ts';
import type { CommandArguments, Surroundings } from './command.ts';

/** What `cowork web --host` needs; a passphrase is read from the file, or asked for the first time. */
export async function networkFor(
  { host, passphraseFile }: CommandArguments,
  rights: Rights,
  surroundings: Surroundings,
): Promise<Network> {
  const { home, stdin, stderr } = surroundings;
  const network = await openNetwork(home, String(host), rights);
  if (typeof passphraseFile === 'string') await setPassphrase(home, firstLine(passphraseFile));
  else if (!hasPassphrase(home)) {
    if (!stdin.isTTY)
      throw new CoworkError(
        'WEB_PASSPHRASE_MISSING',
        `Nobody is shown the dashboard at ${network.name} without a passphrase.`,
      );
    const given = await askHidden('A passphrase for the dashboard in your network, 12 characters or more: ', {
      stdin,
      stderr,
    });
    await setPassphrase(home, given);
  }
  return network;
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    throw new CoworkError('USAGE', `The file ${path} can't be read.`, { cause });
  }
}
