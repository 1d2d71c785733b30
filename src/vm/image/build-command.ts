import { toCoworkError } from '../../protocol/errors.ts';
import { ensureCurrentTemplate } from '../template/current.ts';
import { ensureImage } from './build.ts';

/** Builds the image and the template when they are missing; for `scripts/setup.mjs`, which reads one step a line from stdout. */
try {
  const onStep = (step: string) => process.stdout.write(`step ${step}\n`);
  const image = await ensureImage({ force: process.argv.includes('--force'), onStep });
  process.stdout.write(`image ${image.directory}\n`);
  // Without a template machines boot cold: no reason to fail.
  await ensureCurrentTemplate(image, { onStep }).catch((error: unknown) =>
    onStep(`without a template: ${toCoworkError(error).message}`),
  );
} catch (error) {
  process.stdout.write(`error ${JSON.stringify(toCoworkError(error))}\n`);
  process.exitCode = 1;
}
