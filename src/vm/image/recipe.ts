import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ImageName } from '../../protocol/images.ts';
import { packageRoot } from '../../store/package-root.ts';
import { IMAGE_PROFILES, type ImageProfile } from './profiles.ts';

/** Raise it when the code that builds images changes what comes out in a way that the other inputs of the key do not show. */
const FORMAT = 2;

export const SUITE = 'bookworm';

/** Drivers of the initramfs; what they need comes along. */
export const DRIVERS = [
  'virtio_pci',
  'virtio_blk',
  'virtio_console',
  'virtio-rng',
  'erofs',
  'overlay',
  '9p',
  '9pnet_fd',
] as const;

/** Everything that an image is made of. */
export interface Recipe extends ImageProfile {
  key: string;
  name: ImageName;
  /** Folder with `package.json` and `package-lock.json` of the npm packages in it; undefined when it has none. */
  modules: string | undefined;
  node: { version: string; binary: string };
}

/**
 * What an image of this version of cowork is made of, and the key of it: 16 hex digits over format, suite, packages, the lock of the npm packages, drivers and
 * Node's version. Versions of Debian packages are not part of it (an update of the mirror must not cost every user a build); the manifest
 * of an image lists them.
 */
export function imageRecipe(name: ImageName = 'plain'): Recipe {
  const root = packageRoot();
  const profile = IMAGE_PROFILES[name];
  const nodePackage = createRequire(join(root, 'package.json')).resolve('node/package.json');
  const { version } = JSON.parse(readFileSync(nodePackage, 'utf8')) as { version: string }; // npm's own file
  const modules = profile.hasModules ? join(root, 'src/vm/image/javascript') : undefined;
  const lock = modules && readFileSync(join(modules, 'package-lock.json'), 'utf8');
  const parts = { FORMAT, SUITE, PACKAGES: profile.packages, DRIVERS, version, arch: process.arch, lock };
  const hash = createHash('sha256').update(JSON.stringify(parts));
  return {
    ...profile,
    name,
    modules,
    key: hash.digest('hex').slice(0, 16),
    node: { version, binary: join(dirname(nodePackage), 'bin/node') },
  };
}
