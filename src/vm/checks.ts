import { existsSync, statfsSync } from 'node:fs';
import { freemem, tmpdir, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { ERRORS, toCoworkError } from '../protocol/errors.ts';
import { IMAGE_NAMES } from '../protocol/images.ts';
import { findAccelerator, isOnPath, QEMU, qemuVersion } from './accelerator.ts';
import { findConfinement } from './confinement.ts';
import { findImage, readImage } from './image/image.ts';
import { imageRecipe } from './image/recipe.ts';
import { imagesDirectory } from './paths.ts';
import { openPorts } from './ports.ts';
import { currentTemplateFailure, findCurrentTemplate } from './template/current.ts';
import type { Template } from './template/template.ts';

/** One line of `cowork doctor`. */
export interface Check {
  name: string;
  ok: boolean;
  /** What was found. */
  detail: string;
  /** What to do; empty when all is well. */
  hint: string;
}

/** Memory that a team of four needs with room to spare, bytes: measured 350 MB a machine at work, see docs/vm.md. */
const TEAM_MEMORY = 2_000_000_000;
/** Room on the disk for an image and a team, bytes. */
const DISK_ROOM = 2_000_000_000;

/** What micro-VMs need on this machine, each tried for real. Never throws: what fails is a check that is not ok. */
export async function checkMachines(env: NodeJS.ProcessEnv = process.env): Promise<Check[]> {
  return [
    await check('qemu', async () => `${QEMU} ${await qemuVersion()}`),
    await check('accelerator', async () => {
      const { accelerator, reason } = await findAccelerator({ env });
      const border =
        accelerator === 'tcg' ? '; it is no wall against who attacks QEMU, see docs/security.md' : '';
      return `${accelerator} (${reason})${border}`;
    }),
    await check('keeper ties', () => {
      if (!isOnPath('setpriv')) throw new Error('setpriv is not on the PATH: a VM would outlive its keeper');
      return 'setpriv is there: a VM dies with its keeper';
    }),
    await checkConfinement(),
    await check('sockets', openSockets, 'Set TMPDIR to a folder that you may write, with a short path.'),
    await check('image', () => {
      const { key, manifest } = findImage(imagesDirectory(env));
      return `${key}, built ${manifest.created}, ${megabytes(manifest.bytes)}, kernel ${manifest.kernelVersion}`;
    }),
    checkOtherImages(env),
    await checkTemplate(env),
    room('memory', freemem(), TEAM_MEMORY, `of ${megabytes(totalmem())} free`, 'Start fewer agents at once.'),
    room(
      'disk',
      freeDisk(imagesDirectory(env)),
      DISK_ROOM,
      'free for images and teams',
      ERRORS.DISK_FULL.hint,
    ),
    await check('terminal', openTerminal),
  ];
}

/** Images beside the plain one are built when a team asks for them. */
function checkOtherImages(env: NodeJS.ProcessEnv): Check {
  const told = IMAGE_NAMES.filter((name) => name !== 'plain').map((name) => {
    const { key } = imageRecipe(name);
    const image = readImage(imagesDirectory(env), key);
    if (image) return `${name}: ${key}, built ${image.manifest.created}, ${megabytes(image.manifest.bytes)}`;
    return `${name}: not built, a launch with --image ${name} builds it`;
  });
  return { name: 'other images', ok: true, detail: told.join('; '), hint: '' };
}

/** Having none is no fault: the first agent's start makes it, once QEMU and the image are there, which have checks of their own. */
async function checkTemplate(env: NodeJS.ProcessEnv): Promise<Check> {
  const template = await findCurrentTemplate({ env }).catch(() => undefined);
  const told = (detail: string, hint = ''): Check => ({ name: 'template', ok: true, detail, hint });
  if (template) return told(describe(template));
  const failure = await currentTemplateFailure({ env }).catch(() => undefined);
  if (failure === undefined)
    return told('none yet: the first agent that starts makes it, the others start from it');
  return told(`none, agents boot cold: ${failure}`, 'Mend the cause and run `cowork image build`.');
}

function describe({ key, manifest }: Template): string {
  return `${key}, made ${manifest.created} for ${manifest.accelerator} in ${Math.round(manifest.buildMs / 1000)} s: agents start from it`;
}

/** Less than all there is does not stop machines; it is told with its cure. */
async function checkConfinement(): Promise<Check> {
  const { user, hasNamespaces, lacks } = await findConfinement();
  const had = [
    ...(user === null ? [] : [`QEMU runs as user ${user.uid}, who has no rights`]),
    ...(hasNamespaces ? ['it sees no file, process or network of the host'] : []),
    'its system calls are filtered',
  ];
  const cures = [
    ...(hasNamespaces
      ? []
      : [isOnPath('bwrap') ? 'Allow user namespaces to bubblewrap.' : 'Install bubblewrap.']),
  ];
  const detail = [had.join(', '), ...lacks].join('. Missing: ');
  return { name: 'confinement', ok: true, detail, hint: cures.join(' ') };
}

/** `cure` is what helps against an error that brings no hint of its own. */
async function check(
  name: string,
  find: () => string | Promise<string>,
  cure = 'Run `npm run setup` again.',
): Promise<Check> {
  try {
    return { name, ok: true, detail: await find(), hint: '' };
  } catch (thrown) {
    const error = toCoworkError(thrown);
    const hint = ['INTERNAL', 'FILE_FAILED'].includes(error.code) ? cure : error.hint;
    return { name, ok: false, detail: error.message, hint };
  }
}

function room(name: string, found: number, needed: number, of: string, hint: string): Check {
  const ok = found >= needed;
  return { name, ok, detail: `${megabytes(found)} ${of}`, hint: ok ? '' : hint };
}

/** Bytes that are free on the disk where `folder` is or will be. */
function freeDisk(folder: string): number {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

/** Opens the sockets that a machine would connect to. */
async function openSockets(): Promise<string> {
  await using _ports = await openPorts();
  return `${tmpdir()} takes the sockets of machines`;
}

/** Opens a pseudo-terminal and has a program speak on it; the native part of node-pty is missing on some systems. */
async function openTerminal(): Promise<string> {
  const { spawn } = await import('node-pty');
  const terminal = spawn('/bin/echo', ['works'], { cols: 80, rows: 24 });
  let said = '';
  terminal.onData((text) => {
    said += text;
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new Error('a program on a pseudo-terminal did not end in 5 s')),
    5_000,
  );
  terminal.onExit(() => resolve());
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
  if (!said.includes('works')) throw new Error('a program on a pseudo-terminal was not heard');
  return 'pseudo-terminals work';
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
