import { homedir } from 'node:os';
import { join } from 'node:path';
import { ensureImage } from '../../src/vm/image/build.ts';
import type { Image } from '../../src/vm/image/image.ts';

/** Where tests find the guest image although their COWORK_HOME is temporary: hand it on as COWORK_IMAGES. */
export const TEST_IMAGES = process.env.COWORK_IMAGES ?? join(homedir(), '.cowork', 'images');

/** The guest image, shared by all tests; built when the set-up has not done so. */
export function testImage(): Promise<Image> {
  return ensureImage({ directory: TEST_IMAGES });
}
