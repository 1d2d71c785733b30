import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder where cowork keeps everything: `COWORK_HOME`, else `~/.cowork`. */
export function homeDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.COWORK_HOME || join(homedir(), '.cowork');
}

/** The folder of the guest images: `COWORK_IMAGES`, else `images` in the home, so that several homes can share one image. */
export function imagesDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.COWORK_IMAGES || join(homeDirectory(env), 'images');
}

/** The folder of this package, found from here upwards: sources and bundles lie at different depths in it. */
export function packageRoot(start: string = import.meta.dirname): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json above ${start}`);
  }
}
