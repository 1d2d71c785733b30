import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Image } from '../../src/vm/image/image.ts';
import { ensureCurrentTemplate } from '../../src/vm/template/current.ts';
import type { Template } from '../../src/vm/template/template.ts';
import { kill, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { fixture } from '../support/team.ts';

let image: Image;
let template: Template;

beforeAll(async () => {
  image = await testImage();
  template = await ensureCurrentTemplate(image, { env: { ...process.env, COWORK_IMAGES: TEST_IMAGES } });
}, 400_000);

/** A desk with images and templates of its own: the present ones as they are, and one old one of each. */
function deskWithImages() {
  const desk = openDesk();
  const [images, templates] = [join(desk.tmp, 'images'), join(desk.tmp, 'templates')];
  desk.env.COWORK_IMAGES = images;
  for (const folder of [images, templates]) mkdirSync(folder);
  symlinkSync(image.directory, join(images, image.key));
  const old = '0123456789abcdef';
  const manifest = { ...image.manifest, key: old, created: '2020-01-02T03:04:05.678Z', bytes: 5_000_000 };
  write(join(images, old), {
    'image.json': JSON.stringify(manifest),
    ...Object.fromEntries(
      [image.kernel, image.initrd, image.root].map((file) => [file.split('/').at(-1), 'x']),
    ),
  });
  write(join(templates, old), {
    'template.json': JSON.stringify({
      ...template.manifest,
      key: old,
      image: old,
      created: manifest.created,
    }),
    memory: 'x',
    state: 'x',
  });
  return { desk, images, templates, old };
}

function write(folder: string, files: Record<string, string>): void {
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

test('image build finds what is built, and says where image and template are', async () => {
  const { desk, images, templates } = deskWithImages();
  const { directory, key } = template;
  symlinkSync(directory, join(templates, key));
  const { code, stdout, stderr } = await desk.cowork(['image', 'build']);
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(
    `Image ${image.key} is in ${join(images, image.key)}.\nTemplate ${key} is in ${join(templates, key)}.\n`,
  );
  const told = await desk.json<Record<string, unknown>>('image', 'build');
  expect(told).toMatchObject({ kind: 'image', key: image.key, isCurrent: true, template: key });
  expect(stderr).not.toContain('booting');
}, 120_000);

test('image list shows images and templates, which are current, and what they take', async () => {
  const { desk, images, old } = deskWithImages();
  const listed = await desk.json<Record<string, unknown>[]>('image', 'list');
  expect(listed).toMatchObject([
    { kind: 'image', key: image.key, isCurrent: true, directory: join(images, image.key) },
    { kind: 'image', key: old, isCurrent: false, bytes: 5_000_000 },
    { kind: 'template', key: old, isCurrent: false, image: old },
  ]);
  const { stdout } = await desk.cowork(['image']);
  const rows = stdout.trim().split('\n');
  expect(rows[0]).toMatch(/^KIND +KEY +CURRENT +MADE \(UTC\) +SIZE +WHAT$/);
  expect(rows[1]).toMatch(new RegExp(`^image +${image.key} +yes +\\d{4}-.* MB +plain, kernel `));
  expect(rows[2]).toMatch(new RegExp(`^image +${old} +no +2020-01-02 03:04 +5 MB +plain, kernel `));
  expect(rows[3]).toMatch(new RegExp(`^template +${old} +no +2020-01-02 03:04 .*of image ${old}$`));
  const empty = await openDesk().cowork(['image', 'list']);
  expect(empty.stdout).toBe('There is no guest image. Build it with `cowork image build`.\n');
  expect(await desk.refusal('image', 'biuld')).toMatchObject({
    code: 'USAGE',
    hint: 'Did you mean build?',
  });
}, 60_000);

test('image prune removes what is old, and keeps what is current or what a running machine lives on', async () => {
  const { desk, images, templates, old } = deskWithImages();
  // A machine is known by its program's name and by what it has open.
  const program = join(desk.tmp, 'qemu-system-x86_64');
  copyFileSync('/bin/sleep', program);
  const memory = openSync(join(templates, old, 'memory'), 'r');
  const machine = spawn(program, ['600'], { stdio: [memory, 'ignore', 'ignore'] });
  onTestFinished(() => kill(machine.pid ?? 0));
  await eventually('it to run', () => existsSync(`/proc/${machine.pid}/fd/0`));
  expect(await desk.json('image', 'prune')).toMatchObject([{ kind: 'image', key: old }]);
  expect(readdirSync(images)).toEqual([image.key]);
  expect(readdirSync(templates)).toEqual([old]);
  kill(machine.pid ?? 0);
  await eventually('it to end', () => machine.signalCode !== null);
  const { stdout } = await desk.cowork(['image', 'prune']);
  expect(stdout).toMatch(new RegExp(`^KIND .*\ntemplate +${old} `));
  expect(readdirSync(templates)).toEqual([]);
  expect(existsSync(image.root)).toBe(true);
  expect((await desk.cowork(['image', 'prune'])).stdout).toBe(
    'There was no old image or template to remove.\n',
  );
  expect(readdirSync(images)).toEqual([image.key]);
}, 60_000);

test.runIf(process.getuid?.() === 0)(
  'a launch with an image that is not there says what building takes, and when that fails there is no team',
  async () => {
    const { desk } = deskWithImages();
    const bin = join(desk.tmp, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'mmdebstrap'), '#!/bin/sh\necho "E: the mirror is gone" >&2\nexit 25\n', {
      mode: 0o755,
    });
    const { code, stderr } = await desk.cowork(
      ['launch', 'Write it', '--image', 'office', '--rehearsal', fixture('count'), '--detach'],
      { env: { PATH: `${bin}:${process.env.PATH}` } },
    );
    expect(stderr).toMatch(
      /The image "office" is built now, once: about \d+ MB to fetch, \d+ MB on the disk, \d minutes/,
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('E: the mirror is gone')]);
    expect(await desk.json('teams')).toEqual([]);
  },
);
