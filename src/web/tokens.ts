import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CoworkError } from '../protocol/errors.ts';
import { isName, nearestName } from '../protocol/names.ts';
import { ensureFolder, errorCode } from '../store/folders.ts';
import { withLock } from '../store/lock.ts';
import { replaceFile } from '../store/replace-file.ts';
import type { Rights } from './sessions.ts';

const Token = z.strictObject({
  name: z.string(),
  /** SHA-256 of the token, which has 256 random bits: nothing that is guessed comes near, so no slow hash is needed. */
  hash: z.string(),
  rights: z.enum(['full', 'read']),
  created: z.iso.datetime(),
});
const TokensFile = z.strictObject({ v: z.literal(1), tokens: z.array(Token) });

/** A token as `cowork web token list --json` shows it. */
export type ListedToken = Omit<z.infer<typeof Token>, 'hash'>;

const PREFIX = 'cowork_';
export const tokensFile = (home: string): string => join(home, 'web-tokens.json');

/** Makes a token for scripts. It is given here and kept nowhere. Throws NAME_INVALID, WEB_TOKEN_TAKEN. */
export async function createToken(home: string, name: string, rights: Rights): Promise<string> {
  if (!isName(name))
    throw new CoworkError('NAME_INVALID', `${JSON.stringify(name)} can't be the name of a token.`);
  const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  await change(home, (tokens) => {
    if (tokens.some((each) => each.name === name))
      throw new CoworkError('WEB_TOKEN_TAKEN', `There is a token "${name}" already.`);
    return [...tokens, { name, hash: hash(secret), rights, created: new Date().toISOString() }];
  });
  return secret;
}

export const listTokens = (home: string): ListedToken[] => read(home).map(({ hash: _, ...shown }) => shown);

/** Whoever uses it is refused from the next request on. Throws WEB_TOKEN_UNKNOWN with the nearest. */
export async function revokeToken(home: string, name: string): Promise<void> {
  await change(home, (tokens) => {
    const left = tokens.filter((each) => each.name !== name);
    if (left.length === tokens.length) {
      const nearest = nearestName(
        name,
        tokens.map((each) => each.name),
      );
      throw new CoworkError(
        'WEB_TOKEN_UNKNOWN',
        `There is no token "${name}".`,
        nearest === undefined ? {} : { hint: `Did you mean ${nearest}?` },
      );
    }
    return left;
  });
}

/** What the holder of a token may do; undefined when it is none, or was revoked: the file is read each time. */
export function rightsOfToken(home: string, secret: string): Rights | undefined {
  const given = hash(secret);
  return read(home).find((token) => token.hash === given)?.rights;
}

type Tokens = z.infer<typeof Token>[];

async function change(home: string, to: (tokens: Tokens) => Tokens): Promise<void> {
  ensureFolder(home);
  await withLock(tokensFile(home), async (lock) => {
    const tokens = to(read(home));
    lock.assertHeld();
    await replaceFile(tokensFile(home), `${JSON.stringify({ v: 1, tokens }, null, 1)}\n`);
  });
}

function read(home: string): Tokens {
  try {
    return TokensFile.parse(JSON.parse(readFileSync(tokensFile(home), 'utf8'))).tokens;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return []; // none was made yet
    throw new CoworkError('WEB_TOKENS_UNREADABLE', `${tokensFile(home)} can't be read.`, { cause });
  }
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
