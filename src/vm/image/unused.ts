import { rmSync } from 'node:fs';
import { openFilesOfMachines } from '../open-files.ts';
import { listTemplates, pruneTemplates } from '../template/template.ts';
import { type Image, listImages } from './image.ts';

/** An image that no machine was started from for a while. */
export interface UnusedImage {
  image: Image;
  used: Date;
}

/** Images beside the plain one from which no machine was started for so many days, and none runs; a launch builds them again. */
export function unusedImages(
  { images, templates, days }: { images: string; templates: string; days: number },
  now = Date.now(),
): UnusedImage[] {
  const isOpen = openFilesOfMachines();
  const known = listTemplates(templates);
  return listImages(images)
    .filter(({ manifest, root }) => manifest.name !== 'plain' && !isOpen(root))
    .map((image) => {
      const times = known
        .filter(({ manifest }) => manifest.image === image.key)
        .map(({ used }) => used.getTime());
      return { image, used: new Date(Math.max(Date.parse(image.manifest.created), ...times)) };
    })
    .filter(({ used }) => used.getTime() < now - days * 24 * 3600 * 1000);
}

/** Removes them with the templates that were booted from them. */
export function removeImages(templates: string, unused: readonly UnusedImage[]): void {
  const keys = new Set(unused.map(({ image }) => image.key));
  pruneTemplates(templates, ({ manifest }) => keys.has(manifest.image));
  for (const { image } of unused) rmSync(image.directory, { recursive: true, force: true });
}
