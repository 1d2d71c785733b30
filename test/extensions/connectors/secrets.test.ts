import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSecrets } from '../../../src/extensions/connectors/secrets.ts';
import { writeFiles } from '../../support/files.ts';
import { temporaryFolder } from '../../support/temporary.ts';

/**
 * A stand-in for the keyring of a desktop: a program that takes the words of libsecret's `secret-tool`, and keeps what it is told in a
 * file. A real Secret Service wants a session bus and somebody who unlocks it.
 */
async function keyring(): Promise<{ env: NodeJS.ProcessEnv; kept: string }> {
  const folder = await temporaryFolder();
  const kept = join(folder, 'kept');
  writeFiles(folder, {
    'secret-tool': `#!/bin/sh
verb=$1; shift
case $1 in --label=*) shift;; esac
case $verb in
store) { echo "$*"; cat; } > "${kept}";;
lookup) [ "$(head -n 1 "${kept}" 2>/dev/null)" = "$*" ] && tail -n 1 "${kept}";;
esac
`,
  });
  chmodSync(join(folder, 'secret-tool'), 0o755);
  return {
    kept,
    env: { PATH: `${folder}:${process.env.PATH}`, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
  };
}

const secretsFile = (home: string): string => join(home, 'secrets', 'secrets.enc');

test('the key is in the keyring where there is one, and nowhere below the home; without it nothing is read or lost', async () => {
  const { env, kept } = await keyring();
  const home = await temporaryFolder();
  await openSecrets(home, env).set('oauth:a', { token: 'one' });
  await openSecrets(home, env).set('oauth:b', { token: 'two' });
  expect(await openSecrets(home, env).get('oauth:a')).toEqual({ token: 'one' });
  expect(readFileSync(kept, 'utf8')).toContain(`application cowork home ${home}\n`);
  expect(existsSync(join(home, 'secrets', 'key'))).toBe(false);
  expect(readFileSync(secretsFile(home), 'latin1')).not.toContain('one');
  // The keyring is out of reach, as in a shell over SSH: no second key takes the place of the first.
  const away = { PATH: env.PATH };
  await expect(openSecrets(home, away).get('oauth:a')).rejects.toMatchObject({ code: 'SECRETS_UNREADABLE' });
  await expect(openSecrets(home, away).set('oauth:a', 'x')).rejects.toMatchObject({
    code: 'SECRETS_UNREADABLE',
  });
  expect(await openSecrets(home, env).names()).toEqual(['oauth:a', 'oauth:b']);
});

test('without a keyring the key is a file of the user alone, also when its program is there and fails', async () => {
  const { env, kept } = await keyring();
  rmSync(join(kept, '..', 'secret-tool'));
  writeFiles(join(kept, '..'), { 'secret-tool': '#!/bin/sh\nexit 1\n' });
  chmodSync(join(kept, '..', 'secret-tool'), 0o755);
  const home = await temporaryFolder();
  await openSecrets(home, env).set('a', 1);
  expect(await openSecrets(home, {}).get('a')).toBe(1);
  expect(statSync(join(home, 'secrets', 'key')).mode & 0o777).toBe(0o600);
});

test('a file of secrets that somebody has changed is refused as a whole', async () => {
  const home = await temporaryFolder();
  await openSecrets(home, {}).set('a', 1);
  const bytes = readFileSync(secretsFile(home));
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(secretsFile(home), bytes);
  await expect(openSecrets(home, {}).get('a')).rejects.toMatchObject({ code: 'SECRETS_UNREADABLE' });
});
