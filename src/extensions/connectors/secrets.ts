import { execFile } from 'node:child_process';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { errorCode, makeFolder, syncFolder } from '../../store/folders.ts';
import { withLock } from '../../store/lock.ts';
import { replaceFile } from '../../store/replace-file.ts';

/**
 * What must not lie about in the clear: tokens, headers and options of plugins. One file, encrypted (AES-256-GCM) by a key that is in the
 * system's keyring where there is one, else in a file of its own. It is read on the host only.
 */
export interface Secrets {
  get<Value>(name: string): Promise<Value | undefined>;
  /** Undefined removes it. */
  set(name: string, value: unknown): Promise<void>;
  names(): Promise<string[]>;
  /** Does `work` while nobody else on this home does the same. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

const folderOf = (home: string): string => join(home, 'secrets');
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = Buffer.from('cowork-secrets 1\n');

export function openSecrets(home: string, env: NodeJS.ProcessEnv = process.env): Secrets {
  const file = join(folderOf(home), 'secrets.enc');
  const all = async (): Promise<Record<string, unknown>> =>
    existsSync(file) ? decrypted(file, await keyOf(home, env)) : {};
  return {
    // Written by `set` below, encrypted and authenticated by our key.
    get: async <Value>(name: string) => (await all())[name] as Value | undefined,
    names: async () => Object.keys(await all()),
    set: async (name, value) => {
      makeFolder(folderOf(home));
      await withLock(file, async (lock) => {
        const key = await keyOf(home, env);
        const { [name]: _, ...others } = decrypted(file, key);
        const text = JSON.stringify(value === undefined ? others : { ...others, [name]: value });
        const nonce = randomBytes(NONCE_BYTES);
        const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(VERSION);
        const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
        lock.assertHeld();
        await replaceFile(file, Buffer.concat([VERSION, nonce, cipher.getAuthTag(), body]));
      });
    },
    alone: async (work) => {
      makeFolder(folderOf(home));
      return withLock(join(folderOf(home), 'refresh'), work, { timeoutMs: 60_000 });
    },
  };
}

/** Forgets everything that was kept to speak with a connector. */
export async function forgetSecrets(home: string, connector: string): Promise<void> {
  await forgetLogin(home, connector);
  const secrets = openSecrets(home);
  for (const name of [`headers:${connector}`, `client:${connector}`])
    if ((await secrets.names()).includes(name)) await secrets.set(name, undefined);
}

/** Forgets the tokens of a connector, and who we were to its service. */
export async function forgetLogin(home: string, connector: string): Promise<void> {
  const secrets = openSecrets(home);
  for (const name of await secrets.names())
    if (name.startsWith(`oauth:${connector}:`)) await secrets.set(name, undefined);
}

function decrypted(file: string, key: Buffer): Record<string, unknown> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw error;
  }
  try {
    if (!bytes.subarray(0, VERSION.length).equals(VERSION)) throw new Error('it is of another version');
    const at = VERSION.length;
    const nonce = bytes.subarray(at, at + NONCE_BYTES);
    const tag = bytes.subarray(at + NONCE_BYTES, at + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(VERSION).setAuthTag(tag);
    const body = bytes.subarray(at + NONCE_BYTES + TAG_BYTES);
    return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8'));
  } catch (error) {
    throw new CoworkError('SECRETS_UNREADABLE', `${file} can't be read.`, { cause: error });
  }
}

/** The key: from the keyring, where there is one; else from its file, made the first time. */
async function keyOf(home: string, env: NodeJS.ProcessEnv): Promise<Buffer> {
  const own = join(folderOf(home), 'key');
  const kept = readKey(own);
  if (kept !== undefined) return kept;
  const ring = hasKeyring(env) ? await fromKeyring(home, env) : undefined;
  if (ring !== undefined) return ring;
  // A new key could not read what is there.
  const file = join(folderOf(home), 'secrets.enc');
  if (existsSync(file))
    throw new CoworkError(
      'SECRETS_UNREADABLE',
      `The key to ${file} is not there: it is in a keyring out of reach, or was removed.`,
    );
  makeFolder(folderOf(home));
  // It gets its name when it is whole: half a key would be in the way for ever.
  const draft = `${own}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await replaceFile(draft, randomBytes(KEY_BYTES).toString('base64'));
  try {
    await link(draft, own);
    syncFolder(folderOf(home));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error; // else another command has just made it
  } finally {
    await rm(draft, { force: true });
  }
  const made = readKey(own);
  if (made === undefined) throw new CoworkError('SECRETS_UNREADABLE', `${own} is no key.`);
  return made;
}

function readKey(file: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
    return key.length === KEY_BYTES ? key : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The Secret Service of a desktop, by the program that comes with it. */
const hasKeyring = (env: NodeJS.ProcessEnv): boolean => (env.DBUS_SESSION_BUS_ADDRESS ?? '') !== '';
const KEYRING_MS = 10_000;

async function fromKeyring(home: string, env: NodeJS.ProcessEnv): Promise<Buffer | undefined> {
  const attributes = ['application', 'cowork', 'home', home];
  const found = Buffer.from((await secretTool(['lookup', ...attributes], '', env)) ?? '', 'base64');
  if (found.length === KEY_BYTES) return found;
  const fresh = randomBytes(KEY_BYTES);
  const stored = await secretTool(['store', '--label=cowork', ...attributes], fresh.toString('base64'), env);
  return stored === undefined ? undefined : fresh;
}

/** What the program says; undefined when it is not there, has failed, or a locked keyring waits for somebody. */
function secretTool(args: string[], input: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile('secret-tool', args, { env, timeout: KEYRING_MS }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : undefined),
    );
    child.stdin?.on('error', () => {}); // it has ended
    child.stdin?.end(input);
  });
}
