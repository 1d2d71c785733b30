import { CoworkError } from '../../protocol/errors.ts';
import type { Desk } from '../desk.ts';

/** The secret of a new session for who knows the passphrase. Throws WEB_PASSPHRASE_WRONG, WEB_TOO_MANY. */
export async function enterByPassphrase(
  { attempts, passphrase, sessions, rights }: Desk,
  given: string,
  address: string,
): Promise<string> {
  if (passphrase === undefined) throw new CoworkError('WEB_UNKNOWN', 'There is nothing at this address.');
  // Asked before the hash is made: who has to wait costs nothing.
  if (attempts.waitMs(address) > 0)
    throw new CoworkError('WEB_TOO_MANY', 'Too many wrong passphrases came from this address.');
  // Counted before it is known: many at once are as many guesses.
  attempts.failed(address);
  const isRight = await passphrase(given);
  const secret = isRight ? sessions.enter(sessions.invite(rights)) : undefined;
  if (secret === undefined) throw new CoworkError('WEB_PASSPHRASE_WRONG', 'That is not the passphrase.');
  attempts.passed(address);
  return secret;
}
