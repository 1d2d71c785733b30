import { CoworkError } from '../../protocol/errors.ts';
import { IMAGE_NAMES, type ImageName } from '../../protocol/images.ts';
import { nearestName } from '../../protocol/names.ts';
import { imagesFolder, templatesFolder } from '../../team/paths.ts';
import { ensureImage } from '../../vm/image/build.ts';
import { type Image, isCurrentImage, listImages, pruneImages } from '../../vm/image/image.ts';
import { ensureCurrentTemplate, findCurrentTemplate } from '../../vm/template/current.ts';
import { type ListedTemplate, listTemplates, pruneTemplates } from '../../vm/template/template.ts';
import type { CommandModule } from '../command.ts';
import { table } from '../print.ts';

const ACTIONS = ['build', 'list', 'prune'];

export const run: CommandModule['run'] = async (
  { action = 'list', image: name, force, json },
  { home, env, stdout, stderr },
) => {
  const directory = imagesFolder(home, env);
  if (!ACTIONS.includes(String(action))) throw unknownAction(String(action));
  if (action === 'build') {
    const asked = new AbortController();
    process.once('SIGINT', () =>
      asked.abort(new CoworkError('IMAGE_BUILD_FAILED', 'The build was stopped.')),
    );
    const options = {
      ...{ env, force: force === true, signal: asked.signal },
      onStep: (step: string) => stderr.write(`${step}\n`),
    };
    const image = await ensureImage({ ...options, directory, name: name as ImageName | undefined }); // the parser has checked it
    const template = await ensureCurrentTemplate(image, { ...options, home });
    const told = `Image ${image.key} is in ${image.directory}.\nTemplate ${template.key} is in ${template.directory}.\n`;
    stdout.write(json ? `${JSON.stringify({ ...describe(image), template: template.key })}\n` : told);
    return;
  }
  const folder = templatesFolder(directory);
  const current = await currentTemplates({ home, env });
  const templates =
    action === 'prune' ? pruneTemplates(folder, ({ key }) => !current.includes(key)) : listTemplates(folder);
  const images = action === 'prune' ? pruneImages(directory) : listImages(directory);
  const found = [
    ...images.map(describe),
    ...templates.map((template) => describeTemplate(template, current.includes(template.key))),
  ];
  if (json) stdout.write(`${JSON.stringify(found)}\n`);
  else stdout.write(found.length > 0 ? render(found) : (NOTHING[String(action)] ?? ''));
};

/** Keys of the templates of this version's machines. No image or no QEMU is no template. */
async function currentTemplates(of: { home: string; env: NodeJS.ProcessEnv }): Promise<string[]> {
  const found = await Promise.all(
    IMAGE_NAMES.map((name) => findCurrentTemplate({ ...of, name }).catch(() => undefined)),
  );
  return found.flatMap((template) => (template === undefined ? [] : [template.key]));
}

const NOTHING: Record<string, string> = {
  list: 'There is no guest image. Build it with `cowork image build`.\n',
  prune: 'There was no old image or template to remove.\n',
};

function unknownAction(action: string): CoworkError {
  const nearest = nearestName(action, ACTIONS);
  const hint = nearest === undefined ? `It can ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`;
  return new CoworkError('USAGE', `cowork image can't ${action}.`, { hint });
}

function describe({ key, directory, manifest }: Image) {
  const { name, created, bytes, kernelVersion, node, buildMs } = manifest;
  const isCurrent = isCurrentImage(key);
  return { kind: 'image', name, key, directory, created, bytes, kernelVersion, node, buildMs, isCurrent };
}

function describeTemplate({ key, directory, manifest, bytes, used }: ListedTemplate, isCurrent: boolean) {
  const { created, image, accelerator, memoryMiB, buildMs } = manifest;
  return {
    ...{ kind: 'template', key, directory, created, bytes, image, accelerator, memoryMiB, buildMs },
    ...{ used: used.toISOString(), isCurrent },
  };
}

function render(found: readonly ReturnType<typeof describe | typeof describeTemplate>[]): string {
  const rows = found.map((each) => [
    ...[each.kind, each.key, each.isCurrent ? 'yes' : 'no', each.created.slice(0, 16).replace('T', ' ')],
    ...[
      `${Math.round(each.bytes / 1e6)} MB`,
      'image' in each ? `of image ${each.image}` : `${each.name}, kernel ${each.kernelVersion}`,
    ],
  ]);
  return table(['KIND', 'KEY', 'CURRENT', 'MADE (UTC)', 'SIZE', 'WHAT'], rows);
}
