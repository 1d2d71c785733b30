import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/vm/image/image.ts';
import { type Machine, startMachine } from '../../src/vm/machine.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { FIXTURE_AGENT, isRunning, talkTo } from './guest.ts';

const BOOT_MS = 180_000;

let image: Image;
const runtimeDirectory = mkdtempSync(join(tmpdir(), 'cowork-vm-test-'));
const options = () =>
  ({ image, agentBundle: FIXTURE_AGENT, accelerator: 'tcg', name: 'fixture', runtimeDirectory }) as const;

beforeAll(async () => {
  image = await testImage();
}, 300_000);
afterAll(() => rmSync(runtimeDirectory, { recursive: true, force: true }));

describe('a machine whose file server refuses', () => {
  let machine: Machine;
  let guest: ReturnType<typeof talkTo>;
  let screen = '';
  let mountRequest = Buffer.alloc(0);

  beforeAll(async () => {
    machine = await startMachine({ ...options(), cols: 101, rows: 37 });
    machine.console.onData((text) => {
      screen += text;
    });
    machine.files.on('data', (frame: Buffer) => {
      mountRequest = Buffer.concat([mountRequest, frame]);
      machine.files.write(refusal(frame));
    });
    await machine.started;
    guest = talkTo(machine);
  }, BOOT_MS);
  afterAll(() => machine?.[Symbol.asyncDispose]());

  test('tells its steps in order, with times that rise', () => {
    const names = machine.steps.map(({ name }) => name);
    expect(names).toEqual([
      'qemu started',
      'kernel up',
      'root mounted',
      'begun',
      'files failed',
      'agent started',
    ]);
    const times = machine.steps.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('relays the gate both ways, byte for byte', async () => {
    const text = `${'x'.repeat(300_000)} ä 💾`;
    expect(await guest.echo(text)).toBe(text);
  });

  test('gives the agent a terminal of the asked size, and what is typed comes through raw', async () => {
    await eventually('the greeting', () => screen.includes('terminal 101x37'));
    machine.console.write('a\x03\x04\x1b[A\r');
    await eventually('the keys', () => screen.includes('heard 6103041b5b410d'));
    expect(await machine.firstByteMs).toBeGreaterThan(100);
  });

  test('asks the file server for 9P2000.L, and notes why it was not mounted', async () => {
    expect(mountRequest.subarray(4, 5)).toEqual(Buffer.from([100])); // Tversion
    expect(mountRequest.toString('latin1')).toContain('9P2000.L');
    expect(await guest.shell('cat /run/cowork/mount-error')).toMatch(/\S/);
  });

  test('has a disk, randomness and serial ports, and nothing else that reaches out', async () => {
    const kinds = await guest.shell('cat /sys/bus/virtio/devices/*/device | sort -u | tr "\\n" " "');
    expect(kinds.trim().split(' ')).toEqual(['0x0002', '0x0003', '0x0004']); // block, console, rng
    // Host bridge, ISA bridge with its serial line, then the three above: 0x00ff for rng, 0x0100 disk, 0x0780 serial.
    const classes = await guest.shell('cut -c1-6 /sys/bus/pci/devices/*/class | sort | tr "\\n" " "');
    expect(classes.trim().split(' ')).toEqual(['0x00ff', '0x0100', '0x0600', '0x0601', '0x0780']);
    expect(await guest.shell('ls /sys/class/net')).toBe('lo');
    const ports = await guest.shell('cat /sys/class/virtio-ports/*/name | sort | tr "\\n" " "');
    expect(ports.trim()).toBe('cowork.files cowork.gate cowork.status');
  });

  test('tells the guest nothing of the host, in environment, command line or mounts', async () => {
    const told = await guest.shell('env; cat /proc/cmdline; cat /proc/mounts');
    expect(told).not.toContain(runtimeDirectory);
    expect(told).not.toContain(image.directory);
    expect(told).not.toMatch(/ANTHROPIC|KEY|TOKEN/);
    expect(told).toContain('HTTPS_PROXY=http://127.0.0.1:3128');
    expect(await guest.shell('pwd; hostname; echo $HOME')).toBe('/workspace\nfixture\n/root');
  });

  test('has the tools that agents use, and the right time', async () => {
    const tools = 'git python3 rg curl jq socat node file patch unzip xz';
    expect(await guest.shell(`command -v ${tools} | wc -l`)).toBe(String(tools.split(' ').length));
    const offBy = Math.abs(Number(await guest.shell('date +%s')) - Date.now() / 1000);
    expect(offBy).toBeLessThan(20);
  });

  test('answers on QMP, and QEMU runs with its system calls filtered', async () => {
    expect(await machine.qmp.execute('query-status')).toMatchObject({ status: 'running' });
    await expect(machine.qmp.execute('no-such-command')).rejects.toThrow(/not been found/);
    expect(await hostFile(`/proc/${machine.vmPid}/status`)).toMatch(/^Seccomp:\s+2$/m);
  });

  test('reaps the orphans that programs leave behind', async () => {
    await guest.shell('(setsid sleep 0.1 &)');
    await eventually('no zombie', async () => (await guest.shell('ps -eo stat= | grep -c ^Z')) === '0');
  });

  test('ends when the agent exits, tells its code, and leaves nothing', async () => {
    await guest.shell('echo here > /workspace/marker; echo here > /usr/marker; sync');
    guest.exit(7);
    const exit = await machine.exited;
    expect(exit).toMatchObject({ code: 7, reason: 'the agent exited with 7' });
    expect(await isRunning(machine.vmPid)).toBe(false);
    expect(readdirSync(runtimeDirectory)).toEqual([]);
  }, 30_000);
});

test(
  'a new machine has nothing of an earlier one, waits 20 s for a silent file server, and stops when asked',
  async () => {
    await using machine = await startMachine(options());
    await machine.started;
    const guest = talkTo(machine);
    expect(await guest.shell('ls -A /workspace; ls /usr/marker 2>/dev/null')).toBe('');
    expect(await guest.shell('cat /run/cowork/mount-error')).toBe('the file server did not answer in 20 s');
    expect(await machine.stop({ deadlineMs: 20_000 })).toMatchObject({ code: 3 }); // the agent's own way to end
    expect(readdirSync(runtimeDirectory)).toEqual([]);
  },
  2 * BOOT_MS,
);

test('a machine dies with its keeper, even when the keeper is killed', async () => {
  const folder = await temporaryFolder();
  const keeper = spawn(
    process.execPath,
    [join(import.meta.dirname, 'fixtures/keeper.ts'), TEST_IMAGES, FIXTURE_AGENT, folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const vmPid = await new Promise<number>((resolve) =>
    keeper.stdout.once('data', (text) => resolve(Number(text))),
  );
  expect(await isRunning(vmPid)).toBe(true);
  keeper.kill('SIGKILL');
  await eventually('the end of the machine', async () => !(await isRunning(vmPid)));
  expect(readdirSync(folder)).toEqual([]);
});

test.concurrent.for<string>([
  'qemu started',
  'kernel up',
  ...(process.env.COWORK_SOAK ? ['root mounted', 'begun', 'files failed'] : []), // up to 10 s each
])(
  'a machine whose QEMU is killed when it has reached "%s" tells a coded error with the reason, and leaves nothing',
  { timeout: BOOT_MS },
  async (step, { onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    const reached = Promise.withResolvers<void>();
    await using machine = await startMachine({
      ...options(),
      runtimeDirectory: folder,
      onStep: ({ name }) => name === step && reached.resolve(),
    });
    machine.files.on('data', (frame: Buffer) => void machine.files.write(refusal(frame)));
    await reached.promise;
    process.kill(machine.vmPid, 'SIGKILL');
    await expect(machine.started).rejects.toMatchObject({
      code: 'VM_START_FAILED',
      message: 'The VM ended while it started: QEMU was ended by signal 9',
    });
    expect(await machine.exited).toMatchObject({ code: null, qemu: { signal: 9 } });
    expect(await isRunning(machine.vmPid)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('an abort ends a machine that is starting, and its start is told as failed', async () => {
  const abort = new AbortController();
  await using machine = await startMachine({ ...options(), signal: abort.signal });
  abort.abort();
  await expect(machine.started).rejects.toMatchObject({ code: 'VM_START_FAILED' });
  expect((await machine.exited).qemu.signal).toBe(9);
  expect(readdirSync(runtimeDirectory)).toEqual([]);
});

test("a machine that can't start is a coded error with QEMU's words, and leaves nothing", async () => {
  const broken = { ...image, root: join(runtimeDirectory, 'no-such-root') };
  await expect(startMachine({ ...options(), image: broken })).rejects.toMatchObject({
    code: 'VM_START_FAILED',
    message: expect.stringContaining('no-such-root'),
  });
  expect(readdirSync(runtimeDirectory)).toEqual([]);
});

test('without QEMU on the PATH, that is said', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    await expect(startMachine(options())).rejects.toMatchObject({ code: 'QEMU_MISSING' });
  } finally {
    process.env.PATH = path;
  }
});

/** An Rlerror (EIO) for a 9P request: size, type 7, the request's tag, the error. */
function refusal(request: Buffer): Buffer {
  const reply = Buffer.alloc(11);
  reply.writeUInt32LE(11, 0);
  reply[4] = 7;
  request.copy(reply, 5, 5, 7);
  reply.writeUInt32LE(5, 7);
  return reply;
}

async function hostFile(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path, 'utf8');
}
