import { CoworkError } from '../protocol/errors.ts';
import type { ImageName } from '../protocol/images.ts';
import type { Sandbox } from '../protocol/team.ts';
import { imagesFolder } from '../team/paths.ts';
import type { Surroundings } from './command.ts';

/**
 * Builds the image that a team's machines need when it is one of those that are made on first use, and tells before what that takes. The plain one is
 * of the set-up. Throws IMAGE_BUILD_FAILED, DISK_FULL.
 */
export async function buildNeededImage(
  team: { sandbox: Sandbox; image?: ImageName; images?: string },
  { home, env, stderr }: Pick<Surroundings, 'home' | 'env' | 'stderr'>,
): Promise<void> {
  const { sandbox, image: name = 'plain', images: directory = imagesFolder(home, env) } = team;
  if (sandbox !== 'vm' || name === 'plain') return;
  const { findImage } = await import('../vm/image/image.ts');
  try {
    findImage(directory, name);
    return;
  } catch (error) {
    if (!(error instanceof CoworkError && error.code === 'IMAGE_MISSING')) throw error;
  }
  const { ensureImage } = await import('../vm/image/build.ts');
  const { IMAGE_PROFILES } = await import('../vm/image/profiles.ts');
  const { fetches, leaves, seconds } = IMAGE_PROFILES[name].told;
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  stderr.write(
    `The image "${name}" is built now, once: about ${megabytes(fetches)} to fetch, ${megabytes(leaves)} on the disk, ${Math.ceil(seconds / 60)} minutes.\n`,
  );
  const began = performance.now();
  const asked = new AbortController();
  const stop = () => asked.abort(new CoworkError('IMAGE_BUILD_FAILED', 'The build was stopped.'));
  process.once('SIGINT', stop);
  const onStep = (step: string) => stderr.write(`  ${step}\n`);
  const image = await ensureImage({ directory, name, env, signal: asked.signal, onStep }).finally(() =>
    process.off('SIGINT', stop),
  );
  const took = Math.round((performance.now() - began) / 1000);
  stderr.write(`  built in ${took} s, ${megabytes(image.manifest.bytes)}\n`);
}
