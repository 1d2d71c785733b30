import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureImage } from '../../src/vm/image/build.ts';
import { cpioArchive, FILE, FOLDER } from '../../src/vm/image/cpio.ts';
import { findImage, listImages, pruneImages } from '../../src/vm/image/image.ts';
import { imageRecipe } from '../../src/vm/image/recipe.ts';
import { removeImages, unusedImages } from '../../src/vm/image/unused.ts';
import { runCommand } from '../../src/vm/run-command.ts';
import { eventually } from '../support/eventually.ts';
import { testImage } from '../support/image.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** An environment in which mmdebstrap is this shell script instead. */
async function withMmdebstrap(script: string): Promise<NodeJS.ProcessEnv> {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, 'mmdebstrap'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'mmdebstrap'), 0o755);
  return { ...process.env, PATH: `${folder}:${process.env.PATH}` };
}

const root = process.getuid?.() === 0;

test('a built image is found by its key, holds what its manifest says, and is not built again', async () => {
  const image = await testImage();
  expect(image.key).toBe(imageRecipe().key);
  expect(image.manifest.packages.join('\n')).toMatch(/^git .*\d/m);
  expect(image.manifest.node).toMatch(/^24\./);
  const steps: string[] = [];
  const again = await ensureImage({
    directory: join(image.directory, '..'),
    onStep: (step) => steps.push(step),
  });
  expect([again.key, steps]).toEqual([image.key, []]);
});

test('an image that was never built is IMAGE_MISSING', async () => {
  const folder = await temporaryFolder();
  expect(() => findImage(folder)).toThrowError(expect.objectContaining({ code: 'IMAGE_MISSING' }));
  expect(listImages(join(folder, 'nothing-there'))).toEqual([]);
});

test.runIf(root)(
  'a build whose program fails is IMAGE_BUILD_FAILED with its last words, and leaves nothing',
  async () => {
    const directory = await temporaryFolder();
    const env = await withMmdebstrap(
      'echo "I: downloading"; echo "E: the mirror is gone" >&2; mkdir -p "$PWD"; exit 25',
    );
    await expect(ensureImage({ directory, env })).rejects.toMatchObject({
      code: 'IMAGE_BUILD_FAILED',
      message: expect.stringContaining('E: the mirror is gone'),
    });
    expect(readdirSync(directory)).toEqual([]);
  },
);

test.runIf(root)('a disk that runs full during a build is DISK_FULL, and nothing is left', async () => {
  const directory = await temporaryFolder();
  const env = await withMmdebstrap('echo "E: write failed (28: No space left on device)" >&2; exit 1');
  await expect(ensureImage({ directory, env })).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(readdirSync(directory)).toEqual([]);
});

test.runIf(root)(
  'a disk without room for a build is DISK_FULL before anything is fetched',
  async (context) => {
    const directory = await temporaryFolder();
    const mounted = await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
    context.skip(mounted.code !== 0, 'this machine lets nobody mount');
    try {
      await expect(ensureImage({ directory })).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      await runCommand('umount', [directory]);
    }
  },
);

test.runIf(root)('an abort ends a build with all that it has started, and leaves nothing', async () => {
  const directory = await temporaryFolder();
  const told = join(await temporaryFolder(), 'pid');
  // As mmdebstrap, which waits for its dpkg when it is told to end.
  const env = await withMmdebstrap(`trap : TERM; sleep 300 & echo $! > ${told}; wait; wait`);
  const abort = new AbortController();
  const build = ensureImage({ directory, env, signal: abort.signal });
  const ended = expect(build).rejects.toThrow();
  await eventually('the build to be at work', () => existsSync(told) && readFileSync(told, 'utf8') !== '');
  abort.abort();
  await ended;
  const started = join('/proc', readFileSync(told, 'utf8').trim(), 'stat');
  await eventually('what it had started to be gone', () => {
    const stat = existsSync(started) ? readFileSync(started, 'utf8') : '';
    return stat === '' || stat.includes(') Z'); // ended, and perhaps not yet collected
  });
  expect(readdirSync(directory)).toEqual([]);
});

test.runIf(root)(
  'what a killed builder left is cleared away by the next one, without a step into what it had mounted',
  async () => {
    const directory = await temporaryFolder();
    const { pid } = await deadProcess();
    const left = join(directory, `.building-${pid}-abc`, 'tree', 'dev', 'shm');
    const shared = await temporaryFolder();
    writeFileSync(join(shared, 'ours'), 'stays');
    mkdirSync(left, { recursive: true });
    // Where nothing can be mounted the rest holds all the same.
    await runCommand('mount', ['--bind', shared, left]);
    writeFileSync(join(directory, `.${imageRecipe().key}.lock`), String(pid));
    const env = await withMmdebstrap('exit 1');
    await expect(ensureImage({ directory, env })).rejects.toMatchObject({ code: 'IMAGE_BUILD_FAILED' });
    expect(readdirSync(directory)).toEqual([]);
    expect(readdirSync(shared)).toEqual(['ours']);
  },
);

test('pruning removes images of other versions and keeps this one', async () => {
  const directory = await temporaryFolder();
  const { key } = imageRecipe();
  for (const name of [key, '0123456789abcdef']) writeImage(directory, name);
  expect(
    listImages(directory)
      .map((image) => image.key)
      .toSorted(),
  ).toEqual(['0123456789abcdef', key].toSorted());
  expect(pruneImages(directory).map((image) => image.key)).toEqual(['0123456789abcdef']);
  expect(readdirSync(directory)).toEqual([key]);
});

test('a cpio archive is read by the system as it was meant, and equal entries give equal bytes', () => {
  const entries = [
    { name: 'folder', mode: FOLDER },
    { name: 'folder/file', mode: FILE, data: Buffer.from('seven b') },
  ];
  const archive = cpioArchive(entries);
  expect(archive).toEqual(cpioArchive(entries));
  expect(archive.length % 4).toBe(0);
  expect(archive.toString('latin1')).toMatch(/^070701.*folder\0.*folder\/file\0.*seven b.*TRAILER!!!/s);
});

test('the office image is the plain one and more, has a key of its own, and is missing until it is built', async () => {
  const [plain, office] = [imageRecipe(), imageRecipe('office')];
  expect(office.key).not.toBe(plain.key);
  expect(office.packages).toEqual(expect.arrayContaining([...plain.packages, 'pandoc', 'poppler-utils']));
  expect([...office.packages, ...plain.packages].filter((name) => /java|x11/.test(name))).toEqual([]);
  const directory = await temporaryFolder();
  writeImage(directory, plain.key);
  expect(findImage(directory).manifest.name).toBe('plain');
  expect(() => findImage(directory, 'office')).toThrowError(
    expect.objectContaining({ code: 'IMAGE_MISSING', hint: expect.stringContaining('--image office') }),
  );
  writeImage(directory, office.key, 'office');
  expect(findImage(directory, 'office').key).toBe(office.key);
  expect(pruneImages(directory)).toEqual([]);
});

test.runIf(root)('the office image is built of its own packages and proofs', async () => {
  const directory = await temporaryFolder();
  const asked = join(directory, 'asked');
  const noting = await withMmdebstrap(`printf '%s\n' "$@" > ${asked}; exit 1`);
  await expect(ensureImage({ directory, env: noting, name: 'office' })).rejects.toThrow();
  const words = readFileSync(asked, 'utf8');
  expect(words).toMatch(/--include=.*libreoffice-calc-nogui.*tesseract-ocr/);
  expect(words).toMatch(/--customize-hook=chroot "\$1" sh -c .*soffice --headless/);
});

test('an image beside the plain one goes when no machine was started from it for long, with its templates', async () => {
  const [directory, templates] = [await temporaryFolder(), await temporaryFolder()];
  const [plain, office] = [imageRecipe().key, imageRecipe('office').key];
  writeImage(directory, plain);
  writeImage(directory, office, 'office');
  for (const [key, image] of [
    ['0123456789abcdef', office],
    ['fedcba9876543210', plain],
  ] as const)
    writeTemplate(templates, key, image);
  const now = Date.parse('2026-03-01T00:00:00.000Z');
  const lastUsed = new Date('2026-02-20T00:00:00.000Z');
  utimesSync(join(templates, '0123456789abcdef', 'state'), lastUsed, lastUsed);
  expect(unusedImages({ images: directory, templates, days: 30 }, now)).toEqual([]);
  const unused = unusedImages({ images: directory, templates, days: 5 }, now);
  expect(unused.map(({ image, used }) => [image.key, used])).toEqual([[office, lastUsed]]);
  removeImages(templates, unused);
  expect([readdirSync(directory), readdirSync(templates)]).toEqual([[plain], ['fedcba9876543210']]);
});

function writeTemplate(directory: string, key: string, image: string): void {
  mkdirSync(join(directory, key));
  const manifest = {
    v: 1,
    key,
    created: '2026-01-01T00:00:00.000Z',
    image,
    accelerator: 'tcg',
    memoryMiB: 1024,
  };
  const text = JSON.stringify({ ...manifest, memoryHash: '', stateHash: '', buildMs: 0 });
  writeFileSync(join(directory, key, 'template.json'), text);
  for (const file of ['memory', 'state']) writeFileSync(join(directory, key, file), '');
}

function writeImage(directory: string, key: string, name?: string): void {
  mkdirSync(join(directory, key));
  const manifest = {
    v: 1,
    key,
    ...(name === undefined ? {} : { name }),
    created: '2026-01-01T00:00:00.000Z',
    kernel: 'vmlinux',
    kernelVersion: '6',
    node: '24',
    packages: [],
    bytes: 0,
    buildMs: 0,
  };
  writeFileSync(join(directory, key, 'image.json'), JSON.stringify(manifest));
  for (const file of ['vmlinux', 'initrd.cpio', 'root.erofs']) writeFileSync(join(directory, key, file), '');
}

/** A process id that was just used and is free. */
async function deadProcess(): Promise<{ pid: number }> {
  const { output } = await runCommand('/bin/sh', ['-c', 'echo $$']);
  return { pid: Number(output) };
}
