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
  const wanted = [installNpmPackages, installDebianPackages, buildBundles];
  if (process.argv.includes('--tests')) wanted.push(getTestPrograms);
  if (!process.argv.includes('--no-image')) wanted.push(buildImage);
  for (const step of wanted) await step(progress);
  progress.close();
} catch (error) {
  progress.close();
  const told =
    error instanceof SetupError
      ? error
      : new SetupError('Set-up failed.', String(error?.stack ?? error), 'Report this.');
  process.stderr.write(`${told.message}\n${told.why}\n${told.cure}\n`);
  process.exitCode = 1;
}
