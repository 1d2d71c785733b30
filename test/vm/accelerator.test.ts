import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { builtProgram } from '../../src/store/package-root.ts';
import { findAccelerator, isOnPath } from '../../src/vm/accelerator.ts';
import { architectureOf } from '../../src/vm/architecture.ts';
import { checkMachines } from '../../src/vm/checks.ts';
import { findImage } from '../../src/vm/image/image.ts';
import { probeBoot } from '../../src/vm/probe-boot.ts';
import { qemuArguments } from '../../src/vm/qemu-arguments.ts';
import { templateKey } from '../../src/vm/template/key.ts';
import { MEMORY_MIB } from '../../src/vm/template/request.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { temporaryFolder } from '../support/temporary.ts';

const env = { ...process.env, COWORK_ACCELERATOR: undefined };

test('the probe boots a guest under software emulation, which works everywhere', async () => {
  expect(await probeBoot(architectureOf('x64'), 'tcg')).toBeUndefined();
});

test.runIf(isOnPath(architectureOf('arm64').qemu))(
  'the probe of an arm64 host boots its guest, too, where that QEMU is installed',
  async () => {
    expect(await probeBoot(architectureOf('arm64'), 'tcg')).toBeUndefined();
  },
);

test('a machine on an arm64 host is another board with the same devices', () => {
  const shape = {
    ...{
      image: { kernel: 'kernel', root: 'root' },
      initrd: 'initrd',
      ports: { path: (port: string) => port },
    },
    ...{ memoryMiB: 512, name: 'x', birth: 'boot' as const, inside: (path: string) => path },
  } as const;
  const [pc, board] = (['x64', 'arm64'] as const).map((arch) =>
    qemuArguments({ ...shape, accelerator: 'tcg', architecture: architectureOf(arch) }),
  );
  const devices = (args: string[] = []) =>
    args.filter((_, i) => ['-device', '-chardev', '-drive'].includes(args[i - 1] ?? ''));
  expect(devices(board)).toEqual(devices(pc));
  expect(board).toContain('cortex-a72');
  expect(board?.join(' ')).toMatch(/-machine virt,.*-append console=ttyAMA0 quiet/);
  expect(board?.join(' ')).not.toMatch(/q35|ttyS0|qemu64/);
});

test('the probe tells why a guest did not boot', async () => {
  expect(await probeBoot(architectureOf('x64'), 'hvf')).toMatch(/QEMU ended with 1 .*hvf/);
  expect(await probeBoot({ ...architectureOf('x64'), qemu: '/bin/sleep' }, 'kvm')).toMatch(
    /QEMU ended with 1/,
  );
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
  writeFileSync(join(home, 'accelerator.json'), '{"key":');
  expect(await findAccelerator({ home, env })).toEqual(first);
});

/** A program that passes for QEMU: it tells its version and does `body` otherwise; the PATH leads to it until the test ends. */
async function fakeQemu(body: string) {
  const folder = await temporaryFolder();
  const file = join(folder, 'qemu-system-x86_64');
  const asked = join(folder, 'asked');
  const be = (version: string) => {
    const versionIs = `echo "QEMU emulator version ${version}"`;
    writeFileSync(
      file,
      `#!/bin/sh\n[ "$1" = --version ] && { ${versionIs}; exit; }\necho >> ${asked}\n${body}\n`,
    );
    chmodSync(file, 0o755);
  };
  be('9.0.0');
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { be, timesProbed: () => readFileSync(asked, 'utf8').length };
}

test('a kvm that is there and hangs every guest is given up after 2 s, with the reason, and not tried again before QEMU is another', async () => {
  const qemu = await fakeQemu('exec sleep 60');
  const home = await temporaryFolder();
  // Any file that may be read and written stands for the device: what hangs is the guest.
  const kvmDevice = join(home, 'kvm');
  writeFileSync(kvmDevice, '');
  const tcg = {
    accelerator: 'tcg',
    reason: 'software emulation: kvm is there, but a guest did not boot within 2 s',
  };
  expect(await findAccelerator({ home, env, kvmDevice })).toEqual(tcg);
  expect(await findAccelerator({ home, env, kvmDevice })).toEqual(tcg);
  expect(qemu.timesProbed()).toBe(1);
  qemu.be('9.0.1');
  expect(await findAccelerator({ home, env, kvmDevice })).toEqual(tcg);
  expect(qemu.timesProbed()).toBe(2);
  expect(await findAccelerator({ home, env, kvmDevice, fresh: true })).toEqual(tcg);
  expect(qemu.timesProbed()).toBe(3);
}, 60_000);

test('a kvm that boots a guest is taken', async () => {
  await fakeQemu('exit 85'); // what the boot sector makes of its value
  const home = await temporaryFolder();
  const kvmDevice = join(home, 'kvm');
  writeFileSync(kvmDevice, '');
  expect(await findAccelerator({ home, env, kvmDevice })).toEqual({
    accelerator: 'kvm',
    reason: 'a guest booted with kvm',
  });
});

test('a QEMU that is too old, or none at all, is a coded error', async () => {
  const qemu = await fakeQemu('exit 1');
  const home = await temporaryFolder();
  qemu.be('6.2.0 (Debian 1:6.2)');
  await expect(findAccelerator({ home, env })).rejects.toMatchObject({ code: 'QEMU_TOO_OLD' });
  vi.stubEnv('PATH', home);
  await expect(findAccelerator({ home, env })).rejects.toMatchObject({ code: 'QEMU_MISSING' });
});

test('an accelerator that there is none of is refused, with those that there are', async () => {
  const asked = findAccelerator({ env: { COWORK_ACCELERATOR: 'kmv' } });
  await expect(asked).rejects.toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('kvm, hvf, tcg'),
  });
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

test('a folder for sockets that can not be written is told, with what to do', async () => {
  vi.stubEnv('TMPDIR', '/nowhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  const sockets = (await checkMachines(env)).find(({ name }) => name === 'sockets');
  expect(sockets).toMatchObject({ ok: false, hint: expect.stringContaining('Set TMPDIR') });
});

test('a template that could not be made lately is told, with its reason', async () => {
  const image = await testImage();
  const home = await temporaryFolder();
  const images = join(home, 'images');
  mkdirSync(images);
  symlinkSync(image.directory, join(images, image.key));
  const of = { ...env, COWORK_HOME: home, COWORK_IMAGES: images, COWORK_ACCELERATOR: 'tcg' };
  const told = async () => (await checkMachines(of)).find(({ name }) => name === 'template');
  expect(await told()).toMatchObject({ ok: true, detail: expect.stringContaining('none yet') });
  const request = { image: findImage(images), agentBundle: builtProgram('agent.mjs') };
  const key = await templateKey({ ...request, accelerator: 'tcg', memoryMiB: MEMORY_MIB });
  mkdirSync(join(home, 'templates'));
  const failed = join(home, 'templates', `${key}.failed`);
  writeFileSync(failed, `${new Date().toISOString()}\nthe disk is full`);
  expect(await told()).toMatchObject({
    ok: true,
    detail: 'none, agents boot cold: the disk is full',
    hint: expect.stringContaining('cowork image build'),
  });
  // After ten minutes the next agent tries again.
  writeFileSync(failed, `${new Date(Date.now() - 601_000).toISOString()}\nthe disk is full`);
  expect(await told()).toMatchObject({ detail: expect.stringContaining('none yet') });
});
