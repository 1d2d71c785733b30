import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { hasNode24, root, run } from './run.mjs';

/** Installs the npm packages of package-lock.json when node_modules does not hold exactly these. */
export async function installNpmPackages(progress) {
  if (isInstalled()) return;
  progress.step('npm packages');
  // Under `npm run` this is the very npm that started us; else the one on the PATH.
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const [command, ...before] = npm;
  // Not `npm ci`: it refuses a lock file in which optional packages for other systems are missing, and not every registry has them all.
  const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = await run(command, [...before, ...args]);
  if (result.code !== 0) {
    const cure =
      'Check that the npm registry can be reached and that the disk has room, then run this again.';
    throw new SetupError('The npm packages could not be installed.', result.tail, cure);
  }
  if (!hasNode24()) {
    const why =
      'node_modules/node/bin/node is missing: its install script did not run, or not on this kind of machine.';
    throw new SetupError(
      'Node 24 did not come with the npm packages.',
      why,
      'Allow install scripts (npm config set ignore-scripts false) and run this again.',
    );
  }
}

/** Whether npm's own record of node_modules agrees with package-lock.json; packages for other systems may be missing. */
function isInstalled() {
  if (!hasNode24()) return false;
  try {
    const wanted = packages('package-lock.json');
    const present = packages('node_modules/.package-lock.json');
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      if (path === '') return true;
      return present[path] ? present[path].version === version : optional === true;
    });
  } catch {
    return false; // no node_modules, or one that npm did not make
  }
}

function packages(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}
