import { toCoworkError } from '../../protocol/errors.ts';
import { ensureImage } from './build.ts';

/** Builds the image when it is missing; for `scripts/setup.mjs`, which reads one step a line from stdout. */
try {
  const image = await ensureImage({
    force: process.argv.includes('--force'),
    onStep: (step) => process.stdout.write(`step ${step}\n`),
  });
  process.stdout.write(`image ${image.directory}\n`);
} catch (error) {
  process.stdout.write(`error ${JSON.stringify(toCoworkError(error))}\n`);
  process.exitCode = 1;
}
