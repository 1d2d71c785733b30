import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';

/** Runs the set-up where only these programs are on the PATH; no npm, so that it can't touch this clone. */
async function setUpWith(programs: Record<string, string>) {
  const folder = await temporaryFolder();
  symlinkSync('/usr/bin/env', join(folder, 'env'));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const script = join(import.meta.dirname, '../../scripts/setup.mjs');
  const env = { PATH: folder, HOME: folder };
  return spawnSync(process.execPath, [script, '--no-image'], { env, encoding: 'utf8' });
}

test('on a system without dpkg the set-up says what, why and what to do, on stderr', async () => {
  const { status, stdout, stderr } = await setUpWith({});
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr.trim().split('\n')).toEqual([
    'This system is not supported for micro-VMs.',
    'There is no dpkg here: micro-VMs and their image need Debian, or a system made from it.',
    'Use Debian 12 or newer, or Ubuntu 24.04 or newer.',
  ]);
});

test.runIf(process.getuid?.() === 0)(
  "when apt-get fails, the set-up tries a newer list, then tells apt's own words",
  async () => {
    const { status, stdout, stderr } = await setUpWith({
      'dpkg-query': 'echo "gpg installed"',
      'apt-get': 'echo "E: no such mirror ($3)" >&2; exit 100',
    });
    expect([status, stdout]).toEqual([1, '']);
    const lines = stderr.trim().split('\n');
    expect(lines[0]).toMatch(/^setup: Debian packages: qemu-system-x86 mmdebstrap erofs-utils/);
    expect(lines[0]).not.toMatch(/\bgpg\b/);
    expect(lines[1]).toMatch(/^Debian packages could not be installed/);
    expect(lines[2]).toBe('E: no such mirror (update)');
    expect(lines[3]).toContain('apt-get install');
  },
);
