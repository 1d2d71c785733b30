import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isOnPath } from '../../src/vm/accelerator.ts';
import { buildCell } from '../../src/vm/cell.ts';
import { BARE, type Confinement, FIRST_MACHINE_USER, findConfinement } from '../../src/vm/confinement.ts';
import type { Image } from '../../src/vm/image/image.ts';
import { type Machine, startMachine } from '../../src/vm/machine.ts';
import { openPorts, type Ports } from '../../src/vm/ports.ts';
import { qemuArguments } from '../../src/vm/qemu-arguments.ts';
import { startQemu } from '../../src/vm/qemu-process.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { FIXTURE_AGENT, isRunning } from './guest.ts';

const isRoot = process.getuid?.() === 0;
const canIsolate = (await findConfinement()).hasNamespaces;
let image: Image;
// Below /tmp itself, as another user has to find a way to it.
const runtimeDirectory = mkdtempSync(join(tmpdir(), 'cowork-cell-test-'));
spawnSync('chmod', ['711', runtimeDirectory]);

beforeAll(async () => {
  image = await testImage();
}, 300_000);
afterAll(() => rmSync(runtimeDirectory, { recursive: true, force: true }));

const start = (confinement: Confinement) =>
  startMachine({
    ...{ image, agentBundle: FIXTURE_AGENT, accelerator: 'tcg', name: 'confined', runtimeDirectory },
    confinement,
  });
const ofProcess = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
const namespaceOf = (pid: number | 'self', kind: string) => readlinkSync(`/proc/${pid}/ns/${kind}`);

/** The kinds of confinement that this machine can give, each by its name and how it comes about. */
const KINDS: [string, () => Promise<Confinement>][] = [
  ['of the keeper alone', async () => BARE],
  ...(isRoot
    ? [
        ['with a user of its own', () => findConfinement({ hasBwrap: false })] as [
          string,
          () => Promise<Confinement>,
        ],
      ]
    : []),
  ...(canIsolate
    ? [['with all there is', () => findConfinement()] as [string, () => Promise<Confinement>]]
    : []),
];

describe.each(KINDS)('A machine %s', (_, find) => {
  let machine: Machine;
  let confinement: Confinement;

  beforeEach(async () => {
    confinement = await find();
    machine = await start(confinement);
  });
  afterEach(async () => {
    await machine[Symbol.asyncDispose]();
    expect(readdirSync(runtimeDirectory)).toEqual([]);
  });

  test('runs as nobody else does, without rights, without a way to get any, its system calls filtered', () => {
    const status = ofProcess(machine.vmPid, 'status');
    expect(ofProcess(machine.vmPid, 'comm')).toMatch(/^qemu-system/);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    if (confinement.user === null) return;
    const own = FIRST_MACHINE_USER + process.pid;
    expect(status).toMatch(new RegExp(`^Uid:(\\s+${own}){4}$`, 'm'));
    expect(status).toMatch(new RegExp(`^Gid:(\\s+${FIRST_MACHINE_USER}){4}$`, 'm'));
    expect(status).toMatch(/^Groups:\s*$/m);
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'])
      expect(status).toMatch(new RegExp(`^Cap${set}:\\s+0+$`, 'm'));
  });

  test('has none of the environment of its keeper, and no open file but its own', () => {
    const names = ofProcess(machine.vmPid, 'environ')
      .split('\0')
      .map((pair) => pair.split('=')[0]);
    expect(new Set(names)).toEqual(new Set(['TERM', 'PATH', 'LANG', 'MALLOC_ARENA_MAX', 'PWD', '']));
    const kept =
      /^(socket:|anon_inode:|\/dev\/pts\/)|\/(vmlinux|vmlinuz|initrd( \(deleted\))?|root\.erofs|\d-root\.erofs)$/;
    const inherited = new Set(readdirSync('/proc/self/fd'));
    const strange = readdirSync(`/proc/${machine.vmPid}/fd`)
      .map((fd) => ({ fd, leadsTo: readlinkSync(`/proc/${machine.vmPid}/fd/${fd}`) }))
      // What the test itself was started with, by whoever runs the tests.
      .filter(({ fd, leadsTo }) => !kept.test(leadsTo) && !(Number(fd) > 99 && inherited.has(fd)));
    expect(strange).toEqual([]);
  });

  test('may take the memory of its guest and little more, write no file, dump no core, and stands back for others', () => {
    const limits = Object.fromEntries(
      [...ofProcess(machine.vmPid, 'limits').matchAll(/^(Max .*?) {2,}(\S+) +(\S+)/gm)].map(
        ([, name, , hard]) => [name, hard],
      ),
    );
    expect(limits).toMatchObject({
      'Max address space': String((1024 + 512) * 2 ** 20),
      'Max file size': '4096',
      'Max core file size': '0',
      'Max open files': '256',
    });
    expect(ofProcess(machine.vmPid, 'oom_score_adj')).toBe('500\n');
    const nice = Math.min(19, getPriority() + 5); // five below whoever starts it
    expect(ofProcess(machine.vmPid, 'stat').split(') ')[1]?.split(' ')[16]).toBe(String(nice));
  });

  test('sees nothing of the host where it has namespaces of its own', () => {
    const kinds = ['net', 'pid', 'mnt', 'ipc', 'uts'];
    const shared = kinds.filter((kind) => namespaceOf(machine.vmPid, kind) === namespaceOf('self', kind));
    expect(shared).toEqual(confinement.hasNamespaces ? [] : kinds);
    if (!confinement.hasNamespaces) return;
    const root = `/proc/${machine.vmPid}/root`;
    expect(readdirSync(root).sort()).toEqual(
      ['dev', 'files', 'lib', 'lib64', 'sockets', 'tmp', 'usr'].filter(
        (name) => name !== 'lib64' || isThere('/lib64'),
      ),
    );
    expect(readdirSync(join(root, 'usr/bin')).sort()).toEqual(['qemu-system-x86_64', 'setpriv']);
    expect(
      readdirSync(join(root, 'files'))
        .map((name) => name.slice(2))
        .sort(),
    ).toEqual(['initrd', 'root.erofs', 'vmlinux']);
    expect(ofProcess(machine.vmPid, 'net/dev').split('\n').slice(2).join('')).toMatch(/^\s*lo:[^:]*$/);
    const mounts = ofProcess(machine.vmPid, 'mountinfo')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const writable = mounts.filter((fields) => fields[5]?.startsWith('rw')).map((fields) => fields[4] ?? '');
    expect(writable.filter((path) => !path.startsWith('/dev'))).toEqual(['/sockets']);
  });
});

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

test('A machine has serial ports, a read-only disk, randomness and its chipset, and no other device', async () => {
  await using machine = await start(await findConfinement());
  const ask = async (command: string) =>
    String(await machine.qmp.execute('human-monitor-command', { 'command-line': command }));
  const tree = [...(await ask('info qtree')).matchAll(/dev: ([\w-]+),/g)].map(([, name]) => name ?? '');
  const chipset = [
    ...[
      'q35-pcihost',
      'mch',
      'ICH9-LPC',
      'ioapic',
      'isa-i8259',
      'isa-i8259',
      'i8257',
      'i8257',
      'isa-pit',
      'hpet',
    ],
    ...['mc146818rtc', 'port92', 'i8042', 'ps2-kbd', 'ps2-mouse', 'isa-pcspk', 'fw_cfg_io', 'kvmvapic'],
  ];
  const ours = [
    ...['virtio-blk-pci', 'virtio-blk-device', 'virtio-rng-pci', 'virtio-rng-device'],
    ...['virtio-serial-pci', 'virtio-serial-device', 'virtconsole'],
    ...['virtserialport', 'virtserialport', 'virtserialport', 'isa-serial'],
  ];
  expect(tree.sort()).toEqual([...chipset, ...ours].sort());
  expect(await ask('info block')).toMatch(/^root \(#\w+\): \S+ \(raw, read-only\)$/m);
  expect((await ask('info block')).match(/^\w.*: /gm)).toHaveLength(1);
  expect((await ask('info network')).trim()).toBe('');
  const chardevs = (await machine.qmp.execute('query-chardev')) as { label: string; filename: string }[]; // as QEMU documents it
  expect(chardevs.map(({ label }) => label).sort()).toEqual([
    'console',
    'files',
    'gate',
    'kernel',
    'qmp',
    'status',
  ]);
  expect(chardevs.every(({ filename }) => filename === 'stdio' || filename.startsWith('unix:'))).toBe(true);
});

test.each(KINDS)(
  'A machine %s dies with its keeper, also when that is killed, and leaves nothing',
  async (name) => {
    const keeper = spawn(
      process.execPath,
      [join(import.meta.dirname, 'fixtures/keeper.ts'), TEST_IMAGES, FIXTURE_AGENT, runtimeDirectory, name],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [text] = (await once(keeper.stdout, 'data')) as [Buffer]; // the fixture writes one line
    const vmPid = Number(text);
    expect(await isRunning(vmPid)).toBe(true);
    keeper.kill('SIGKILL');
    await eventually('the end of the machine', async () => !(await isRunning(vmPid)));
    expect(readdirSync(runtimeDirectory)).toEqual([]);
  },
);

test.runIf(isRoot)("Another user can't connect to the sockets between a machine and its keeper", async () => {
  await using ports = await openPorts(runtimeDirectory);
  expect(statSync(ports.directory).mode & 0o777).toBe(0o700);
  const program = `require('net').connect(${JSON.stringify(ports.path('qmp'))}).on('error', (e) => console.log(e.code)).on('connect', () => console.log('connected'))`;
  const asNobody = spawnSync('setpriv', ['--reuid', '65534', '--clear-groups', nodeForAll(), '-e', program], {
    encoding: 'utf8',
  });
  expect(asNobody.stdout.trim(), asNobody.stderr).toBe('EACCES');
});

/** A Node that another user may run: this one's folder may be closed to it. */
function nodeForAll(): string {
  const copy = join(runtimeDirectory, '..', `cowork-node-${process.pid}`);
  spawnSync('install', ['-m', '755', process.execPath, copy]);
  onTestFinished(() => rmSync(copy, { force: true })); // called from a running test
  return copy;
}

describe('What confinement can be had', () => {
  test('is said where it is less than all: no root, no bubblewrap', async () => {
    const { user, hasNamespaces, lacks } = await findConfinement({ uid: 1000, hasBwrap: false });
    expect({ user, hasNamespaces }).toEqual({ user: null, hasNamespaces: false });
    expect(lacks).toEqual([
      'QEMU runs as your user: only root can give it one of its own',
      'QEMU sees the files of the host as its user does: bubblewrap is not installed',
    ]);
  });

  test('is the user nobody where the range of users does not exist, as in some containers', async () => {
    const { user } = await findConfinement({
      uid: 0,
      uidMap: '         0     100000      65536\n',
      hasBwrap: false,
    });
    expect(user).toEqual({ uid: 65534, gid: 65534 });
  });

  test.runIf(isRoot)('is less, and said, where another user has no way to the sockets', async () => {
    const closed = mkdtempSync(join(runtimeDirectory, 'closed-'));
    const confinement = await findConfinement({ hasBwrap: false });
    await using machine = await startMachine({
      ...{ image, agentBundle: FIXTURE_AGENT, accelerator: 'tcg', name: 'x', confinement },
      runtimeDirectory: closed,
    });
    expect(machine.lacks.at(-1)).toBe(`QEMU runs as your user: another one has no way through ${closed}`);
    expect(ofProcess(machine.vmPid, 'status')).toMatch(/^Uid:(\s+0){4}$/m);
    await machine[Symbol.asyncDispose]();
    rmSync(closed, { recursive: true });
  });

  test.runIf(isOnPath('bwrap') && isRoot)(
    'is told with the words of bubblewrap where that does not work',
    async () => {
      const program = `const { findConfinement } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/vm/confinement.ts'))}); console.log(JSON.stringify(await findConfinement()))`;
      const { stdout, stderr } = spawnSync(
        'setpriv',
        ['--bounding-set', '-sys_admin', '--', process.execPath, '--input-type=module', '-e', program],
        { encoding: 'utf8' },
      );
      const found = JSON.parse(stdout || `"${stderr}"`) as Confinement; // printed by the line above
      expect(found.hasNamespaces).toBe(false);
      expect(found.lacks.at(-1)).toMatch(/^QEMU sees the files of the host as its user does: bwrap: /);
    },
  );
});

test.runIf(canIsolate)(
  'a machine that is killed at whatever moment of its start leaves no QEMU, while its keeper lives on',
  async () => {
    const name = `cut-short-${randomUUID().slice(0, 8)}`;
    const confinement = await findConfinement();
    const all: Ports[] = []; // open until the end: a QEMU that finds nobody there ends by itself
    for (let delay = 0; delay < 45; delay += 1.5) {
      const ports = await openPorts(runtimeDirectory);
      all.push(ports);
      const { kernel, root, initrd } = image;
      const cell = buildCell({
        ...{ confinement, accelerator: 'tcg', memoryMiB: 256, nice: 0, sockets: ports.directory },
        files: [kernel, root, initrd].map((path) => ({ path })),
      });
      const qemu = startQemu({
        ...{ cell, cols: 80, rows: 24, signal: undefined },
        arguments: qemuArguments({
          ...{ image, initrd, ports, name, inside: cell.inside },
          ...{ accelerator: 'tcg', memoryMiB: 256, birth: 'boot' },
        }),
      });
      await sleep(delay);
      qemu.kill();
      await qemu.ended;
    }
    await sleep(1_500); // who was left alone would have come up by now
    const left = machinesNamed(name);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    for (const ports of all) await ports[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  },
  60_000,
);

/** The numbers of the QEMUs whose machines have a name. */
function machinesNamed(name: string): number[] {
  const isIt = (pid: string) => {
    try {
      return ofProcess(Number(pid), 'cmdline').split('\0').includes(name);
    } catch {
      return false; // it has ended since the folder was read
    }
  };
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && isIt(entry))
    .map(Number);
}
