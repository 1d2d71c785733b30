import type { ImageName } from '../../protocol/images.ts';
import { builtProgram } from '../../store/package-root.ts';
import { coworkHome, imagesFolder, templatesFolder } from '../../team/paths.ts';
import { findAccelerator } from '../accelerator.ts';
import { findImage, type Image } from '../image/image.ts';
import { discardTemplate, ensureTemplate, lastTemplateFailure } from './ensure.ts';
import { templateKey } from './key.ts';
import { MEMORY_MIB, type TemplateRequest } from './request.ts';
import { readTemplate, type Template } from './template.ts';

interface Surroundings {
  /** Of which image; default `plain`. */
  name?: ImageName | undefined;
  home?: string;
  env?: NodeJS.ProcessEnv;
}

/** The template of this version's machines, or undefined while there is none. Throws IMAGE_MISSING, QEMU_MISSING. */
export async function findCurrentTemplate(of: Surroundings = {}): Promise<Template | undefined> {
  const { folder, image, home, env } = placesOf(of);
  return readTemplate(folder, await templateKey(await requestFor(image(), { home, env })));
}

/** Why making it has failed lately, so that nobody tries again for now; undefined when it has not. */
export async function currentTemplateFailure(of: Surroundings = {}): Promise<string | undefined> {
  const { folder, image, home, env } = placesOf(of);
  return lastTemplateFailure(folder, await templateKey(await requestFor(image(), { home, env })));
}

/** Makes the template of this version's machines when it is missing, damaged or not wanted any more (`force`), also when that has failed lately. */
export async function ensureCurrentTemplate(
  image: Image,
  of: Surroundings & { force?: boolean; onStep?: (step: string) => void; signal?: AbortSignal } = {},
): Promise<Template> {
  const { folder, home, env } = placesOf(of);
  const request = await requestFor(image, { home, env });
  const old = of.force ? readTemplate(folder, await templateKey(request)) : undefined;
  if (old) discardTemplate(old);
  const { onStep, signal } = of;
  return ensureTemplate(folder, request, { again: true, signal, ...(onStep ? { onStep } : {}) });
}

function placesOf({ env = process.env, home = coworkHome(env), name }: Surroundings) {
  const images = imagesFolder(home, env);
  return { env, home, folder: templatesFolder(images), image: () => findImage(images, name) };
}

async function requestFor(
  image: Image,
  where: { home: string; env: NodeJS.ProcessEnv },
): Promise<TemplateRequest> {
  const { accelerator } = await findAccelerator(where);
  return { image, agentBundle: builtProgram('agent.mjs'), accelerator, memoryMiB: MEMORY_MIB };
}
