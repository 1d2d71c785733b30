import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { qemuVersion } from '../accelerator.ts';
import { bundleFiles, guestProgramFiles } from '../guest-programs.ts';
import { qemuArguments } from '../qemu-arguments.ts';
import type { TemplateRequest } from './request.ts';

/** Raise it when the way of making templates changes in a way that the other inputs do not show. */
const FORMAT = 1;

/**
 * The name of the template for a request: 16 hex digits over all that goes into it: QEMU's build, the whole command line (machine, devices, kernel's options,
 * memory, accelerator), the image as it was built, the guest's programs and the agent's bundle. V8's code cache of the bundle is left out: it changes with
 * every build and changes nothing. Throws QEMU_MISSING.
 */
export async function templateKey(request: TemplateRequest): Promise<string> {
  const { image, agentBundle, accelerator, memoryMiB } = request;
  const args = qemuArguments({
    image: { kernel: 'kernel', root: 'root' },
    initrd: 'initrd',
    ports: { path: (port) => port },
    accelerator,
    memoryMiB,
    name: 'template',
    birth: 'record',
    memoryFile: 'memory',
    inside: (path) => path,
  });
  const files = [
    ...guestProgramFiles(),
    ...bundleFiles(agentBundle).filter((file) => !file.endsWith('.cache')),
  ];
  const hash = createHash('sha256').update(
    JSON.stringify({
      FORMAT,
      qemu: await qemuVersion(),
      args,
      // Its rights may change with who runs machines; what was built is told by these.
      image: [image.key, image.manifest.created, ...[image.kernel, image.root, image.initrd].map(length)],
      files: files.map((file) => [file.slice(dirname(file).length), sha256(readFileSync(file))]),
    }),
  );
  return hash.digest('hex').slice(0, 16);
}

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

const length = (file: string): number => statSync(file).size;

/** Where the parts of a template lie in its folder. */
export const templateFiles = (directory: string) => ({
  manifest: join(directory, 'template.json'),
  memory: join(directory, 'memory'),
  state: join(directory, 'state'),
});
