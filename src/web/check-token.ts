import type { IncomingMessage } from 'node:http';
import { CoworkError } from '../protocol/errors.ts';
import type { Desk } from './desk.ts';
import type { Rights } from './sessions.ts';
import { rightsOfToken } from './tokens.ts';

/**
 * What the token of an `Authorization: Bearer` (RFC 6750) may do; a cookie counts for nothing beside it. A right one always
 * passes, so that nobody else's failures shut a script out. Throws WEB_TOKEN_REFUSED, WEB_TOO_MANY.
 */
export function checkToken({ home, attempts }: Desk, authorization: string, address: string): Rights {
  const [, token] = /^Bearer ([\w-]{1,128})$/i.exec(authorization) ?? [];
  const rights = token === undefined ? undefined : rightsOfToken(home, token);
  if (rights !== undefined) return rights;
  if (attempts.waitMs(address) > 0)
    throw new CoworkError('WEB_TOO_MANY', 'Too many wrong tokens came from this address.');
  attempts.failed(address);
  throw new CoworkError('WEB_TOKEN_REFUSED', 'The token of the request is not known.');
}

/** Who asks, by the other end of the connection: no header is believed. */
export const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? '';
