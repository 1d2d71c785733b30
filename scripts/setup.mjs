// Sets this machine up: npm packages, Debian packages, the bundles in dist/, the guest image. Does only what is missing.
// Runs first of all, on a bare machine: plain JavaScript for Node 20, no packages. Talks on stderr; stdout stays clean.
//   node scripts/setup.mjs [--no-image] [--tests]   --tests also fetches what only tests need
import { buildBundles } from './setup/bundles.mjs';
import { installDebianPackages } from './setup/debian-packages.mjs';
import { buildImage } from './setup/guest-image.mjs';
import { installNpmPackages } from './setup/npm-packages.mjs';
import { Progress, SetupError } from './setup/progress.mjs';
import { getTestPrograms } from './setup/test-programs.mjs';

const progress = new Progress(process.stderr);
try {
  await sideBySide(installNpmPackages, installDebianPackages);
  await sideBySide(buildBundles);
  await sideBySide(
    ...(process.argv.includes('--no-image') ? [] : [buildImage]),
    ...(process.argv.includes('--tests') ? [getTestPrograms] : []),
  );
} catch (error) {
  const told =
    error instanceof SetupError
      ? error
      : new SetupError('Set-up failed.', String(error?.stack ?? error), 'Report this.');
  process.stderr.write(`${told.message}\n${told.why}\n${told.cure}\n`);
  process.exitCode = 1;
}

/** Waits for all, and throws what the first one threw. */
async function sideBySide(...steps) {
  const ends = await Promise.allSettled(
    steps.map(async (step) => {
      const track = progress.track();
      try {
        await step(track);
      } finally {
        track.close();
      }
    }),
  );
  const failure = ends.find(({ status }) => status === 'rejected');
  if (failure) throw failure.reason;
}
