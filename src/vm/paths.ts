import { coworkHome, imagesFolder } from '../team/paths.ts';

/** The folder of the guest images: `COWORK_IMAGES`, else `images` in the home, so that several homes can share one image. */
export function imagesDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return imagesFolder(coworkHome(env), env);
}
