import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkHome } from '../../src/cli/check-home.ts';
import { openDesk } from '../support/cowork.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('doctor fails with a cure where no machine can run, and shows of an address its host only', async () => {
  const desk = openDesk();
  const env = { PATH: '/nowhere', ANTHROPIC_BASE_URL: 'https://me:secret@models.example.org/path' };
  const { code, stdout } = await desk.cowork(['doctor', '--json'], { env });
  expect(code).toBe(1);
  expect(stdout).not.toContain('secret');
  const { ok, checks } = JSON.parse(stdout) as {
    ok: boolean;
    checks: { name: string; ok: boolean; detail: string; hint: string }[];
  };
  expect(ok).toBe(false);
  const failed = checks.filter((check) => !check.ok);
  expect(failed.map(({ name }) => name)).toEqual(['qemu', 'accelerator', 'keeper ties', 'image']);
  expect(failed.every(({ hint }) => hint !== '')).toBe(true);
  expect(checks.find(({ name }) => name === 'model')?.detail).toContain('models.example.org');
  expect(checks.find(({ name }) => name === 'confinement')?.hint).toBe('Install bubblewrap.');
});

test('doctor says what is wrong with the home, and what to do', async () => {
  const home = join(await temporaryFolder(), 'home');
  const [first] = checkHome(home);
  expect(first).toMatchObject({ name: 'home', ok: true, detail: `${home}, not made yet` });
  mkdirSync(home);
  chmodSync(home, 0o777);
  expect(checkHome(home)[0]).toMatchObject({ ok: false, hint: `Run: chmod 700 ${home}` });
  chmodSync(home, 0o700);
  expect(checkHome(home)[0]).toMatchObject({ ok: true, detail: home });
});

test('doctor tells of a kernel that lets watch too few folders', async () => {
  const kernel = await temporaryFolder();
  const set = (watches: number, instances: number) => {
    writeFileSync(join(kernel, 'max_user_watches'), `${watches}\n`);
    writeFileSync(join(kernel, 'max_user_instances'), `${instances}\n`);
    return checkHome('/tmp', kernel)[1];
  };
  expect(set(100, 8)).toMatchObject({ ok: true, hint: expect.stringContaining('sysctl') });
  expect(set(65_536, 1_024)).toMatchObject({ ok: true, hint: '' });
});
