import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findAccelerator } from '../../src/vm/accelerator.ts';
import { checkMachines } from '../../src/vm/checks.ts';
import { probeBoot } from '../../src/vm/probe-boot.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { temporaryFolder } from '../support/temporary.ts';

const env = { ...process.env, COWORK_ACCELERATOR: undefined };

test('the probe boots a guest under software emulation, which works everywhere', async () => {
  expect(await probeBoot('qemu-system-x86_64', 'tcg')).toBeUndefined();
});

test('the probe tells why a guest did not boot', async () => {
  expect(await probeBoot('qemu-system-x86_64', 'hvf')).toMatch(/QEMU ended with 1 .*hvf/);
  expect(await probeBoot('/bin/sleep', 'kvm')).toMatch(/QEMU ended with 1/);
});

test('the accelerator is found with its reason, and the answer is kept for the next time', async () => {
  const home = await temporaryFolder();
  const found = await findAccelerator({ home, env });
  expect(['kvm', 'hvf', 'tcg']).toContain(found.accelerator);
  expect(found.reason).toMatch(/booted with|software emulation: /);
  expect(JSON.parse(readFileSync(join(home, 'accelerator.json'), 'utf8'))).toMatchObject(found);
  // A kept answer is not asked again: the device that is named now does not count.
  expect(await findAccelerator({ home, env, kvmDevice: '/dev/no-such-kvm' })).toEqual(found);
});

test('without the device of kvm it is software emulation, and the reason says so', async () => {
  const home = await temporaryFolder();
  expect(await findAccelerator({ home, env, kvmDevice: '/dev/no-such-kvm' })).toEqual({
    accelerator: 'tcg',
    reason: 'software emulation: there is no /dev/no-such-kvm',
  });
});

test('COWORK_ACCELERATOR decides without a probe', async () => {
  const choice = await findAccelerator({ env: { COWORK_ACCELERATOR: 'kvm' } });
  expect(choice).toEqual({ accelerator: 'kvm', reason: 'COWORK_ACCELERATOR says so' });
});

test('an answer in the cache that makes no sense is asked again', async () => {
  const home = await temporaryFolder();
  const first = await findAccelerator({ home, env });
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(home, 'accelerator.json'), '{"key":');
  expect(await findAccelerator({ home, env })).toEqual(first);
});

test('all checks are well on a machine that is set up, and what is missing comes with a hint', async () => {
  await testImage();
  const home = await temporaryFolder();
  const well = await checkMachines({ ...env, COWORK_HOME: home, COWORK_IMAGES: TEST_IMAGES });
  expect(well.filter(({ ok, name }) => !ok && name !== 'memory')).toEqual([]);
  const bare = await checkMachines({ ...env, COWORK_HOME: home, COWORK_IMAGES: undefined });
  const image = bare.find(({ name }) => name === 'image');
  expect(image).toMatchObject({ ok: false, hint: expect.stringContaining('npm run setup') });
});
