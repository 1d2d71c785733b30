import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CoworkError } from '../../protocol/errors.ts';
import { IMAGE_NAMES, type ImageName } from '../../protocol/images.ts';
import { openFilesOfMachines } from '../open-files.ts';
import { imagesDirectory } from '../paths.ts';
import { imageRecipe } from './recipe.ts';

export const manifestShape = z.object({
  v: z.literal(1),
  key: z.string(),
  /** Images that were built before there were several have no name. */
  name: z.string().default('plain'),
  /** When it was built, ISO 8601 in UTC. */
  created: z.string(),
  /** The kernel's file in the image's folder: `vmlinux` (entered directly) or `vmlinuz` (through firmware). */
  kernel: z.enum(['vmlinux', 'vmlinuz']),
  kernelVersion: z.string(),
  node: z.string(),
  /** Debian packages in the root, `name version`. */
  packages: z.array(z.string()),
  /** Size of the image on disk, bytes. */
  bytes: z.number(),
  /** How long the build took, milliseconds. */
  buildMs: z.number(),
});

export type Manifest = z.infer<typeof manifestShape>;

/** A built guest image: a kernel, an initramfs without the agent, and a read-only root. */
export interface Image {
  key: string;
  directory: string;
  kernel: string;
  initrd: string;
  root: string;
  manifest: Manifest;
}

/** An image of this version of cowork. Throws IMAGE_MISSING when it is not built. */
export function findImage(directory: string = imagesDirectory(), name: ImageName = 'plain'): Image {
  const { key } = imageRecipe(name);
  const image = readImage(directory, key);
  if (image) return image;
  if (name === 'plain')
    throw new CoworkError('IMAGE_MISSING', `There is no guest image ${key} in ${directory}.`);
  throw new CoworkError('IMAGE_MISSING', `There is no guest image "${name}" (${key}) in ${directory}.`, {
    hint: `Build it: \`cowork image build --image ${name}\`.`,
  });
}

/** Whether it is one of this version's images, as they would be built now. */
export function isCurrentImage(key: string): boolean {
  return IMAGE_NAMES.some((name) => imageRecipe(name).key === key);
}

/** All whole images in a folder, newest first. A folder that is not there has none. */
export function listImages(directory: string = imagesDirectory()): Image[] {
  return names(directory)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((key) => readImage(directory, key))
    .filter((image) => image !== undefined)
    .sort((a, b) => b.manifest.created.localeCompare(a.manifest.created));
}

/** Removes every image but those of this version and those that a running machine lives on, and returns what was removed. */
export function pruneImages(directory: string = imagesDirectory()): Image[] {
  const isInUse = openFilesOfMachines();
  const old = listImages(directory).filter(({ key, root }) => !isCurrentImage(key) && !isInUse(root));
  for (const image of old) rmSync(image.directory, { recursive: true, force: true });
  return old;
}

/** The image with this key, or undefined when it is absent or not whole. */
export function readImage(directory: string, key: string): Image | undefined {
  const folder = join(directory, key);
  try {
    const manifest = manifestShape.parse(JSON.parse(readFileSync(join(folder, 'image.json'), 'utf8')));
    const image: Image = {
      key,
      directory: folder,
      kernel: join(folder, manifest.kernel),
      initrd: join(folder, 'initrd.cpio'),
      root: join(folder, 'root.erofs'),
      manifest,
    };
    for (const file of [image.kernel, image.initrd, image.root]) statSync(file);
    return image;
  } catch {
    // Absent or damaged is the same to the caller: it builds anew, into another folder first.
    return undefined;
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // no folder, no images
  }
}
