import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import type { ImageName } from '../../protocol/images.ts';
import { imagesDirectory } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { assertRoom, buildFailure, lastWords } from './build-failure.ts';
import { abandonedBuilds, takeBuildLock } from './build-lock.ts';
import { CHARACTER_DEVICE, cpioArchive, FILE, FOLDER, PROGRAM } from './cpio.ts';
import { type Image, type Manifest, readImage } from './image.ts';
import { modulesInOrder } from './kernel-modules.ts';
import { DRIVERS, imageRecipe, type Recipe } from './recipe.ts';
import { removeTree } from './remove-tree.ts';
import { makeRootTree, type RunAsRoot } from './root-tree.ts';
import { unpackKernel } from './unpack-kernel.ts';

export interface BuildOptions {
  /** Which image; default `plain`. */
  name?: ImageName | undefined;
  /** Where images lie; default `imagesDirectory()`. */
  directory?: string;
  /** Build even when the image is there. */
  force?: boolean;
  /** Told the name of each step as it begins. */
  onStep?: (step: string) => void;
  signal?: AbortSignal;
  /** Environment of the programs that are run. */
  env?: NodeJS.ProcessEnv;
}

/**
 * An image of this version of cowork, built first when it is not there (the plain one takes about a minute). It is made in a folder of its own and
 * renamed into place, so no half of it is ever seen. Needs root or sudo.
 * Throws DISK_FULL, IMAGE_BUILD_FAILED, or the reason of the abort; nothing is left behind then.
 */
export async function ensureImage(options: BuildOptions = {}): Promise<Image> {
  const directory = options.directory ?? imagesDirectory();
  const recipe = imageRecipe(options.name);
  const present = () => (options.force ? undefined : readImage(directory, recipe.key));
  const found = present();
  if (found) return found;
  let step = 'making room';
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const isThere = () => present() !== undefined;
    const onWait = () => options.onStep?.('waiting for another process that builds it');
    using lock = await takeBuildLock(directory, recipe.key, isThere, options.signal, onWait);
    const built = lock ? undefined : present();
    if (built) return built;
    const onStep = (name: string) => {
      step = name;
      options.onStep?.(name);
    };
    await build(directory, recipe, { ...options, onStep });
  } catch (error) {
    throw buildFailure(step, error, options.signal);
  }
  const image = readImage(directory, recipe.key);
  if (!image)
    throw new CoworkError('IMAGE_BUILD_FAILED', `The new guest image in ${directory} can't be read.`);
  return image;
}

async function build(directory: string, recipe: Recipe, options: BuildOptions): Promise<void> {
  const started = performance.now();
  const run = asRoot(options);
  for (const folder of abandonedBuilds(directory)) await removeTree(folder, run);
  await assertRoom(directory, recipe.roomBytes);
  const work = mkdtempSync(join(directory, `.building-${process.pid}-`));
  const image = join(work, 'image');
  try {
    mkdirSync(image, { mode: 0o700 });
    options.onStep?.('fetching Debian packages and laying out the root');
    await makeRootTree(work, recipe, run);
    options.onStep?.('writing the read-only root');
    await run('mkfs.erofs', [
      '--quiet',
      '-U',
      '00000000-0000-0000-0000-000000000000',
      join(image, 'root.erofs'),
      join(work, 'tree'),
    ]);
    await run('chown', [`${process.getuid?.()}:${process.getgid?.()}`, join(image, 'root.erofs')]);
    options.onStep?.('unpacking the kernel');
    const kernel = await placeKernel(work, image, run);
    options.onStep?.('writing the initramfs');
    writeFileSync(join(image, 'initrd.cpio'), initramfs(work, kernel.version));
    const manifest: Manifest = {
      v: 1,
      key: recipe.key,
      name: recipe.name,
      created: new Date().toISOString(),
      kernel: kernel.file,
      kernelVersion: kernel.version,
      node: recipe.node.version,
      packages: installedPackages(join(work, 'tree')),
      bytes: ['root.erofs', 'initrd.cpio', kernel.file].reduce(
        (sum, name) => sum + statSync(join(image, name)).size,
        0,
      ),
      buildMs: Math.round(performance.now() - started),
    };
    writeFileSync(join(image, 'image.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(join(directory, recipe.key), { recursive: true, force: true });
    renameSync(image, join(directory, recipe.key));
  } finally {
    // Not with the caller's signal: what was begun is cleared away also after an abort.
    await removeTree(work, asRoot({}));
  }
}

/** The kernel, plain if it can be had plain, moved into the image, and its release. */
async function placeKernel(work: string, image: string, run: RunAsRoot) {
  const archive = (await readdir(work)).find((name) => name.startsWith('linux-image-'));
  if (!archive) throw new Error('no kernel package was fetched');
  await run('dpkg-deb', ['-x', join(work, archive), join(work, 'kernel')]);
  const packed = (await readdir(join(work, 'kernel/boot'))).find((name) => name.startsWith('vmlinuz-'));
  if (!packed) throw new Error(`${archive} holds no kernel`);
  const version = packed.slice('vmlinuz-'.length);
  if (await unpackKernel(join(work, 'kernel/boot', packed), join(image, 'vmlinux'))) {
    return { file: 'vmlinux', version } as const;
  }
  rmSync(join(image, 'vmlinux'), { force: true });
  await rename(join(work, 'kernel/boot', packed), join(image, 'vmlinuz'));
  return { file: 'vmlinuz', version } as const;
}

function initramfs(work: string, kernelVersion: string): Buffer {
  const modules = modulesInOrder(join(work, 'kernel/lib/modules', kernelVersion, 'kernel'), DRIVERS);
  return cpioArchive([
    ...['bin', 'dev', 'proc', 'sys', 'modules', 'lower', 'scratch', 'root'].map((name) => ({
      name,
      mode: FOLDER,
    })),
    { name: 'dev/console', mode: CHARACTER_DEVICE, device: [5, 1] },
    { name: 'bin/busybox', mode: PROGRAM, data: readFileSync(join(work, 'tree/usr/bin/busybox')) },
    ...modules.map(({ name, data }) => ({ name: `modules/${name}.ko`, mode: FILE, data })),
    {
      name: 'modules/order',
      mode: FILE,
      data: Buffer.from(`${modules.map(({ name }) => `${name}.ko`).join(' ')}\n`),
    },
  ]);
}

/** `name version` of each package in dpkg's own list. */
function installedPackages(tree: string): string[] {
  const status = readFileSync(join(tree, 'var/lib/dpkg/status'), 'utf8');
  return status
    .split('\n\n')
    .map((entry) => [/^Package: (.*)$/m.exec(entry)?.[1], /^Version: (.*)$/m.exec(entry)?.[1]])
    .filter(([name]) => name !== undefined)
    .map((pair) => pair.join(' '));
}

/**
 * Runs programs as root, through sudo when we are not; a failure is thrown with the program's last words. On the abort all that a program has started is
 * told to end, and is waited for: mmdebstrap alone waits for its dpkg, which would go on for minutes in a tree that is being removed.
 */
function asRoot(options: Pick<BuildOptions, 'signal' | 'env'>): RunAsRoot {
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const endGroup = (name: string, group: number): void =>
    void runCommand(prefix[0] ?? 'kill', [
      ...prefix.slice(1),
      ...(prefix.length > 0 ? ['kill'] : []),
      `-${name}`,
      '--',
      `-${group}`,
    ]).catch(
      () => undefined, // the group has ended by itself
    );
  return async (command, args) => {
    options.signal?.throwIfAborted();
    const [program = command, ...rest] = [...prefix, command, ...args];
    const result = await runCommand(program, rest, {
      env: options.env ?? process.env,
      signal: options.signal,
      endGroup,
    });
    options.signal?.throwIfAborted();
    if (result.code === 0) return result.output;
    throw new Error(`${command} ended with ${result.code ?? result.signal}: ${lastWords(result.output)}`);
  };
}
