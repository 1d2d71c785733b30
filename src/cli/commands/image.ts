import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { imagesFolder } from '../../team/paths.ts';
import { ensureImage } from '../../vm/image/build.ts';
import { type Image, listImages, pruneImages } from '../../vm/image/image.ts';
import { imageRecipe } from '../../vm/image/recipe.ts';
import type { CommandModule } from '../command.ts';
import { table } from '../print.ts';

const ACTIONS = ['build', 'list', 'prune'];

export const run: CommandModule['run'] = async (
  { action = 'list', force, json },
  { home, env, stdout, stderr },
) => {
  const directory = imagesFolder(home, env);
  if (!ACTIONS.includes(String(action))) throw unknownAction(String(action));
  if (action === 'build') {
    const asked = new AbortController();
    process.once('SIGINT', () =>
      asked.abort(new CoworkError('IMAGE_BUILD_FAILED', 'The build was stopped.')),
    );
    const onStep = (step: string) => stderr.write(`${step}\n`);
    const image = await ensureImage({ directory, force: force === true, onStep, signal: asked.signal, env });
    stdout.write(
      json ? `${JSON.stringify(describe(image))}\n` : `Image ${image.key} is in ${image.directory}.\n`,
    );
    return;
  }
  const images = action === 'prune' ? pruneImages(directory) : listImages(directory);
  if (json) stdout.write(`${JSON.stringify(images.map(describe))}\n`);
  else stdout.write(images.length > 0 ? render(images) : (NOTHING[String(action)] ?? ''));
};

const NOTHING: Record<string, string> = {
  list: 'There is no guest image. Build it with `cowork image build`.\n',
  prune: 'There was no old image to remove.\n',
};

function unknownAction(action: string): CoworkError {
  const nearest = nearestName(action, ACTIONS);
  const hint = nearest === undefined ? `It can ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`;
  return new CoworkError('USAGE', `cowork image can't ${action}.`, { hint });
}

function describe({ key, directory, manifest }: Image) {
  const { created, bytes, kernelVersion, node, buildMs } = manifest;
  return {
    key,
    directory,
    created,
    bytes,
    kernelVersion,
    node,
    buildMs,
    isCurrent: key === imageRecipe().key,
  };
}

function render(images: readonly Image[]): string {
  const rows = images
    .map(describe)
    .map(({ key, created, bytes, kernelVersion, isCurrent }) => [
      ...[key, isCurrent ? 'yes' : 'no', created.slice(0, 16).replace('T', ' ')],
      ...[`${Math.round(bytes / 1e6)} MB`, kernelVersion],
    ]);
  return table(['IMAGE', 'CURRENT', 'BUILT (UTC)', 'SIZE', 'KERNEL'], rows);
}
