import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CoworkError } from '../../protocol/errors.ts';
import { ensureFolder, errorCode } from '../../store/folders.ts';
import { replaceFile } from '../../store/replace-file.ts';

const Kept = z.strictObject({ v: z.literal(1), salt: z.base64(), hash: z.base64() });
/** Fewest characters: with one guess at a time, and the waits, it holds against the network. */
export const PASSPHRASE_MIN = 12;
/** RFC 7914: 64 MiB and about a fifth of a second for each guess. */
const COST: ScryptOptions = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };
const HASH_BYTES = 32;

const hashOf = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const fileOf = (home: string): string => join(home, 'web', 'passphrase.json');

export const hasPassphrase = (home: string): boolean => read(home) !== undefined;

/** Keeps a new passphrase, as a hash. Throws WEB_PASSPHRASE_WEAK. */
export async function setPassphrase(home: string, given: string): Promise<void> {
  if (given.length < PASSPHRASE_MIN)
    throw new CoworkError('WEB_PASSPHRASE_WEAK', `A passphrase has at least ${PASSPHRASE_MIN} characters.`);
  const salt = randomBytes(16);
  const hash = await hashOf(given.normalize(), salt, HASH_BYTES, COST);
  ensureFolder(home);
  ensureFolder(join(home, 'web'));
  const kept = { v: 1, salt: salt.toString('base64'), hash: hash.toString('base64') };
  await replaceFile(fileOf(home), `${JSON.stringify(kept)}\n`);
}

/** Says whether a passphrase is the right one. One at a time: guesses from everywhere cost one processor and 64 MiB at most. */
export function openPassphrase(home: string): (given: string) => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve();
  return (given) => {
    const answer = last.then(async () => {
      const kept = read(home);
      if (kept === undefined) return false;
      const hash = await hashOf(given.normalize(), Buffer.from(kept.salt, 'base64'), HASH_BYTES, COST);
      const right = Buffer.from(kept.hash, 'base64');
      return right.length === hash.length && timingSafeEqual(right, hash);
    });
    last = answer.catch(() => undefined); // whoever asked hears of it
    return answer;
  };
}

function read(home: string): z.infer<typeof Kept> | undefined {
  try {
    return Kept.parse(JSON.parse(readFileSync(fileOf(home), 'utf8')));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw new CoworkError('WEB_PASSPHRASE_UNREADABLE', `${fileOf(home)} can't be read.`, { cause });
  }
}
