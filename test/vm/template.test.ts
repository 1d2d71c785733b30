import { randomUUID } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Image } from '../../src/vm/image/image.ts';
import { type Machine, startMachine } from '../../src/vm/machine.ts';
import { cpuSeconds } from '../../src/vm/process-usage.ts';
import { startAgentMachine } from '../../src/vm/start-agent-machine.ts';
import { ensureTemplate } from '../../src/vm/template/ensure.ts';
import { sha256, templateKey } from '../../src/vm/template/key.ts';
import {
  listTemplates,
  pruneTemplates,
  readTemplate,
  type Template,
} from '../../src/vm/template/template.ts';
import { hashFile, isVerified, verifyTemplate } from '../../src/vm/template/verify.ts';
import { canMount, fillDisk, smallDisk } from '../store/support/small-disk.ts';
import { eventually } from '../support/eventually.ts';
import { testImage } from '../support/image.ts';
import { FIXTURE_AGENT, isRunning, talkTo } from './guest.ts';

const MAKE_MS = 400_000;
/** As little as the guest starts in: each copy of the template costs the test its length. */
const MEMORY_MIB = 384;

let image: Image;
let template: Template;
const root = mkdtempSync(join(tmpdir(), 'cowork-template-test-'));
const folder = join(root, 'templates');
const runtimeDirectory = mkdtempSync(join(tmpdir(), 'cowork-template-run-'));
const steps: string[] = [];
/** The user's key, in the environment of whoever makes a template. */
const SECRET = `sk-${randomUUID()}`;
const request = () =>
  ({ image, agentBundle: FIXTURE_AGENT, accelerator: 'tcg', memoryMiB: MEMORY_MIB }) as const;

beforeAll(async () => {
  image = await testImage();
  vi.stubEnv('ANTHROPIC_API_KEY', SECRET);
  const asked = [0, 1, 2, 3].map(() =>
    ensureTemplate(folder, request(), { runtimeDirectory, onStep: (step) => steps.push(step) }),
  );
  [template] = (await Promise.all(asked)) as [Template];
}, MAKE_MS);
afterAll(() => {
  for (const path of [root, runtimeDirectory]) rmSync(path, { recursive: true, force: true });
});

/** A machine of the template, with a file server that refuses, so that the guest goes on at once. */
async function restore(name: string, from: Template = template, signal?: AbortSignal): Promise<Machine> {
  const machine = await startMachine({
    ...{
      ...request(),
      name,
      runtimeDirectory,
      memory: { birth: 'restore', file: from.memory, state: from.state },
    },
    ...(signal ? { signal } : {}),
  });
  refuseFiles(machine);
  machine.wantFiles();
  return machine;
}

function refuseFiles(machine: Machine): void {
  machine.files.on('data', (frame: Buffer) => {
    const reply = Buffer.from([11, 0, 0, 0, 7, 0, 0, 5, 0, 0, 0]);
    frame.copy(reply, 5, 5, 7);
    machine.files.write(reply);
  });
}

/** The template with something done to it, in a folder of its own. */
function damaged(damage: (copy: Template) => void): { folder: string; copy: Template } {
  const other = mkdtempSync(join(root, 'damaged-'));
  onTestFinished(() => rmSync(other, { recursive: true, force: true }));
  cpSync(template.directory, join(other, template.key), { recursive: true });
  const copy = readTemplate(other, template.key);
  if (!copy) throw new Error('the copy can not be read');
  damage(copy);
  return { folder: other, copy };
}

describe('a template', () => {
  test('is made once when several ask for it at the same time', () => {
    expect(steps.filter((step) => step === 'saving the machine')).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([template.key]);
    expect(readdirSync(runtimeDirectory)).toEqual([]);
    expect(isVerified(template)).toBe(true);
  });

  test('belongs to everything that went into it: another memory size, bundle, accelerator or image is another template, an image built anew too', async () => {
    const others = [
      { ...request(), memoryMiB: 512 },
      { ...request(), agentBundle: join(import.meta.dirname, 'guest.ts') },
      { ...request(), accelerator: 'kvm' as const },
      { ...request(), image: { ...image, key: '0123456789abcdef' } },
      {
        ...request(),
        image: { ...image, manifest: { ...image.manifest, created: '2020-01-01T00:00:00.000Z' } },
      },
    ];
    const keys = await Promise.all([request(), ...others].map(templateKey));
    expect(keys[0]).toBe(template.key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('holds nothing of the host, and only its owner gets to it', () => {
    const found = findIn(
      template.memory,
      [SECRET, root, runtimeDirectory, image.directory].map((text) => Buffer.from(text)),
    );
    expect(found).toEqual([]);
    expect(readFileSync(template.state).includes(SECRET)).toBe(false);
    expect(statSync(template.directory).mode & 0o077).toBe(0);
    expect(statSync(template.memory).mode & 0o007).toBe(0);
  });
});

describe('twenty machines of one template', () => {
  const drawn: { values: Record<string, string | number>; offMs: number }[] = [];
  const markers: string[] = [];
  const seen: string[][] = [];
  let memoryBefore = '';

  beforeAll(async () => {
    memoryBefore = await hashFile(template.memory);
    for (let batch = 0; batch < 5; batch++) {
      await Promise.all([0, 1, 2, 3].map((index) => session(`clone-${batch}-${index}`, [...markers])));
    }
  }, MAKE_MS);

  async function session(name: string, earlier: string[]): Promise<void> {
    await using machine = await restore(name);
    await machine.started;
    const guest = talkTo(machine);
    expect(await guest.shell('hostname')).toBe(name);
    const values = await guest.draw();
    // The clock is put right just after the start, again and again while the host is too busy to answer at once.
    const offMs = await eventually(
      'a clock that is right',
      async () => {
        const asked = Date.now();
        const now = Number((await guest.draw()).now);
        const off = now < asked ? asked - now : Math.max(0, now - Date.now());
        return off <= 100 ? { off } : undefined;
      },
      120_000,
    );
    drawn.push({ values, offMs: offMs.off });
    if (earlier.length > 0 && seen.length < 3) seen.push(findInMemory(machine.vmPid, earlier));
    const marker = `marker-of-a-session-${randomUUID()}`;
    markers.push(marker);
    await guest.remember(marker);
    await guest.shell(`echo ${marker} | tee /workspace/m /tmp/m /usr/m >/dev/null`);
  }

  test('share no randomness: of kernel, OpenSSL, UUIDs, Math.random, a TLS client, and no boot id', () => {
    const kinds = [
      'kernel',
      'randomBytes',
      'randomUUID',
      'webUUID',
      'webValues',
      'mathRandom',
      'clientRandom',
    ];
    for (const kind of [...kinds, 'bootId']) {
      const values = drawn.map((each) => each.values[kind]);
      expect(values.every((value) => value !== undefined && value !== '')).toBe(true);
      expect(new Set(values).size, kind).toBe(20);
    }
  });

  test('have the right time within 100 ms', () => {
    expect(drawn.every(({ offMs }) => offMs <= 100)).toBe(true);
  });

  test('find nothing of an earlier session in their memory, which is also their disk, and leave the template as it was', async () => {
    expect(markers).toHaveLength(20);
    expect(seen).toEqual([[], [], []]);
    expect(
      findIn(
        template.memory,
        markers.map((marker) => Buffer.from(marker)),
      ),
    ).toEqual([]);
    expect(await hashFile(template.memory)).toBe(memoryBefore);
  });
});

describe('a template that is no good', () => {
  test.each<[string, (copy: Template) => void, RegExp]>([
    ['truncated memory', ({ memory }) => truncateSync(memory, 1_000_000), /memory has changed/],
    ['one flipped bit in the memory', ({ memory }) => flipBit(memory), /memory has changed/],
    ['one flipped bit in the state', ({ state }) => flipBit(state), /state of its devices has changed/],
    ['no memory', ({ memory }) => rmSync(memory), /can't be read/],
  ])(
    'with %s is not used and is made anew',
    async (_, damage, why) => {
      const { folder: other, copy } = damaged(damage);
      expect(isVerified(copy)).toBe(false);
      expect(await verifyTemplate(copy)).toMatch(why);
      const told: string[] = [];
      const abort = new AbortController();
      const again = ensureTemplate(other, request(), {
        ...{ runtimeDirectory, signal: abort.signal },
        onStep: (step) => {
          told.push(step);
          if (step.startsWith('booting')) abort.abort(); // enough seen: it is being made
        },
      });
      await expect(again).rejects.toThrow();
      expect(told.some((step) => step.startsWith('booting a machine'))).toBe(true);
      expect(readdirSync(other).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(readdirSync(runtimeDirectory)).toEqual([]);
    },
    60_000,
  );

  test('of another QEMU makes the machine boot cold, says why, and is thrown away', async () => {
    // Its hash is right: whoever made it could not know.
    const { folder: other, copy } = damaged(({ state, directory, manifest }) => {
      const text = readFileSync(state, 'latin1').replaceAll('virtio-console', 'virtio-cxnsole');
      writeFileSync(state, text, 'latin1');
      const stateHash = sha256(readFileSync(state));
      writeFileSync(join(directory, 'template.json'), JSON.stringify({ ...manifest, stateHash }));
    });
    const fixed = readTemplate(other, copy.key) as Template; // just written
    expect(await verifyTemplate(fixed)).toBeUndefined();
    const told: string[] = [];
    const { machine, start } = await startAgentMachine({
      ...{ ...request(), name: 'cold', runtimeDirectory, templates: other, warm: true },
      onStep: (step) => told.push(step),
    });
    await machine[Symbol.asyncDispose]();
    expect(start).toMatchObject({ how: 'cold', because: expect.stringMatching(/^QEMU did not start: /) });
    expect(told.some((step) => step.startsWith('booting cold: '))).toBe(true);
    expect(readTemplate(other, copy.key)).toBeUndefined();
    expect(readdirSync(runtimeDirectory)).toEqual([]);
  }, 60_000);

  test.runIf(canMount)(
    'because there is no room for it is DISK_FULL before anything is started',
    async () => {
      const other = await smallDisk(100_000);
      const told: string[] = [];
      const full = ensureTemplate(other, request(), { runtimeDirectory, onStep: (step) => told.push(step) });
      await expect(full).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringMatching(/102 MB free; a template takes 403 MB/),
      });
      expect(told.filter((step) => step.startsWith('booting'))).toEqual([]);
    },
    60_000,
  );

  test.runIf(canMount).each(['booting a machine for the template: kernel up', 'saving the machine'])(
    'because the disk runs full at "%s" is DISK_FULL, not tried again for a while, and leaves nothing',
    async (fatal) => {
      const other = await smallDisk(410_000);
      const full = ensureTemplate(other, request(), {
        runtimeDirectory,
        onStep: (step) => {
          if (step === fatal) fillDisk(other);
        },
      });
      await expect(full).rejects.toMatchObject({ code: 'DISK_FULL' });
      rmSync(join(other, 'ballast'));
      expect(readdirSync(other).filter((name) => !name.endsWith('.failed'))).toEqual([]);
      expect(readdirSync(runtimeDirectory)).toEqual([]);
    },
    120_000,
  );

  test.each([
    'booting a machine for the template: root mounted',
    'checking the template',
    ...(process.env.COWORK_SOAK ? ['saving the machine'] : []), // 20 s more
  ])(
    'because QEMU is killed at "%s" is TEMPLATE_FAILED, which says so, and leaves nothing',
    async (fatal) => {
      const other = mkdtempSync(join(root, 'killed-'));
      const killed: number[] = [];
      const made = ensureTemplate(other, request(), {
        runtimeDirectory,
        onStep: (step) => {
          if (step !== fatal) return;
          // The trial's machine starts a moment after its step.
          void eventually('a QEMU to kill', async () => {
            killed.push(...killMachinesOf(other));
            return killed.length > 0 ? true : undefined;
          });
        },
      });
      await expect(made).rejects.toMatchObject({
        code: 'TEMPLATE_FAILED',
        message: expect.stringContaining(fatal.split(':')[0] ?? ''),
      });
      expect(killed).toHaveLength(1);
      expect(readdirSync(other)).toEqual([`${template.key}.failed`]);
      expect(readdirSync(runtimeDirectory)).toEqual([]);
    },
    120_000,
  );
});

describe('a machine of a template', () => {
  test('goes on when the memory file of its template is deleted', async () => {
    const { folder: other, copy } = damaged(() => {});
    await using machine = await restore('orphan', copy);
    rmSync(join(other, copy.key), { recursive: true });
    await machine.started;
    const guest = talkTo(machine);
    expect(await guest.shell('find /usr -type f | wc -l')).toMatch(/^\d{4,}$/);
    expect(await guest.echo('still here')).toBe('still here');
  }, 120_000);

  test('keeps its template from being pruned as long as it runs', async () => {
    const { folder: other, copy } = damaged(() => {});
    const machine = await restore('user', copy);
    expect(pruneTemplates(other, () => true)).toEqual([]);
    expect(listTemplates(other).map(({ key }) => key)).toEqual([copy.key]);
    await machine[Symbol.asyncDispose]();
    expect(pruneTemplates(other, () => true).map(({ key }) => key)).toEqual([copy.key]);
    expect(readdirSync(other)).toEqual([]);
  }, 120_000);

  test.each(['qemu started', 'restored', 'begun', 'files failed'])(
    'that is killed when it has reached "%s" is a coded error or an end with a reason, and leaves nothing',
    async (step) => {
      const abort = new AbortController();
      let vmPid = 0;
      const start = startMachine({
        ...{ ...request(), name: 'killed', runtimeDirectory, signal: abort.signal },
        memory: { birth: 'restore', file: template.memory, state: template.state },
        onStep: ({ name }) => {
          if (name === step) abort.abort();
        },
      });
      const machine = await start.catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'VM_START_FAILED' });
        return undefined;
      });
      if (machine) {
        vmPid = machine.vmPid;
        refuseFiles(machine);
        await machine.started.catch((error: unknown) =>
          expect(error).toMatchObject({ code: 'VM_START_FAILED' }),
        );
        expect(await machine.exited).toMatchObject({ qemu: { signal: 9 } });
        expect(await isRunning(vmPid)).toBe(false);
      }
      expect(readdirSync(runtimeDirectory)).toEqual([]);
    },
    120_000,
  );

  test('that stands by uses no processor time and is nobody until it is begun; then no two are alike', async () => {
    const made = await Promise.all(
      ['first', 'second'].map((name) =>
        startMachine({
          ...{ ...request(), name: 'standby', runtimeDirectory },
          memory: { birth: 'restore', file: template.memory, state: template.state, isSpare: true },
        }).then((machine) => ({ name, machine })),
      ),
    );
    const used = () => made.map(({ machine }) => cpuSeconds(machine.vmPid));
    // What QEMU itself still had to do after the restore is over after a moment.
    const atRest = async () => {
      const before = used();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return String(used()) === String(before);
    };
    await eventually('machines that use no processor time', atRest, 30_000);
    const drawn = await Promise.all(
      made.map(async ({ name, machine }) => {
        await using _ = machine;
        expect(machine.steps.map((step) => step.name)).toEqual(['qemu started', 'restored']);
        refuseFiles(machine);
        await machine.begin({ name });
        await machine.started;
        const guest = talkTo(machine);
        expect(await guest.shell('hostname')).toBe(name);
        return await guest.draw(); // before the machine goes
      }),
    );
    for (const kind of ['kernel', 'randomBytes', 'randomUUID', 'webUUID', 'mathRandom', 'bootId'])
      expect(drawn[0]?.[kind], kind).not.toBe(drawn[1]?.[kind]);
    for (const { now } of drawn) expect(Math.abs(Number(now) - Date.now())).toBeLessThan(60_000);
  }, 120_000);

  test('can be paused while nothing runs, and its clock is right when it goes on', async () => {
    await using machine = await restore('sleeper');
    await machine.started;
    const guest = talkTo(machine);
    await guest.shell('nohup sleep 1000 >/dev/null 2>&1 & echo $! > /tmp/pid');
    expect(await machine.pause.begin()).toMatchObject({
      paused: false,
      because: expect.stringContaining('sleep'),
    });
    await guest.shell('kill $(cat /tmp/pid)');
    expect(await machine.pause.begin()).toEqual({ paused: true });
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // for the guest no time goes by
    await machine.pause.end();
    await eventually(
      'the right time',
      async () => Math.abs(Number((await guest.draw()).now) - Date.now()) < 1_000,
    );
    const wish = machine.pause.begin();
    await machine.pause.end();
    expect(await wish).toEqual({ paused: false, because: 'it is wanted again' });
  }, 120_000);
});

/** Kills the QEMUs that have a template's memory open which is being made in a folder, and returns their numbers. */
function killMachinesOf(folder: string): number[] {
  const files = readdirSync(folder).map((name) => join(folder, name, 'memory'));
  const numberOf = (file: string) => `${statSync(file).dev} ${statSync(file).ino}`;
  const numbers = files.filter((file) => existsSync(file)).map(numberOf);
  const hasOpen = (pid: string) => {
    try {
      if (!readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('qemu-system')) return false;
      const open = readdirSync(`/proc/${pid}/fd`).map((fd) => numberOf(`/proc/${pid}/fd/${fd}`));
      return open.some((number) => numbers.includes(number));
    } catch {
      return false; // it has ended since the folder was read
    }
  };
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && hasOpen(name));
  for (const pid of found) process.kill(Number(pid), 'SIGKILL');
  return found.map(Number);
}

function flipBit(file: string): void {
  const fd = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, 100_000);
  writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 100_000);
  closeSync(fd);
}

/** Which of the texts a file holds. */
function findIn(file: string, texts: readonly Buffer[]): string[] {
  return scan(openSync(file, 'r'), [[0, Number.POSITIVE_INFINITY]], texts);
}

/** Which of the texts the memory of a machine holds, its scratch disk being in there: all that QEMU has mapped from its template or for itself. */
function findInMemory(pid: number, texts: readonly string[]): string[] {
  const ranges = readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line): [number, number][] => {
      const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      return from === '' ? [] : [[Number.parseInt(from, 16), Number.parseInt(to, 16)]];
    });
  return scan(
    openSync(`/proc/${pid}/mem`, 'r'),
    ranges,
    texts.map((text) => Buffer.from(text)),
  );
}

function scan(fd: number, ranges: readonly [number, number][], texts: readonly Buffer[]): string[] {
  const found = new Set<string>();
  const window = Buffer.alloc(8 * 1024 * 1024);
  const overlap = 256;
  for (const [from, to] of ranges) {
    for (let at = from; at < to; at += window.length - overlap) {
      const length = read(fd, window, at, Math.min(window.length, to - at));
      for (const text of texts) if (window.subarray(0, length).includes(text)) found.add(text.toString());
      if (length <= overlap) break;
    }
  }
  closeSync(fd);
  return [...found];
}

function read(fd: number, into: Buffer, at: number, length: number): number {
  try {
    return readSync(fd, into, 0, length, at);
  } catch {
    return 0; // a page that nobody may read
  }
}
