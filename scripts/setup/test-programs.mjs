import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from './debian-packages.mjs';
import { root, run } from './run.mjs';

/** Where the tests look, besides the PATH. */
const FOLDER = join(root, 'node_modules/.cache/nats-server');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];

/** Gets what only tests need. What can't be had is said, and its tests are skipped: nobody's work waits for it. */
export async function getTestPrograms(progress) {
  await getNatsServer(progress);
  await getBrowser(progress);
}

/**
 * Fetches Debian's nats-server for the tests of teams on several hosts. It is unpacked and not installed: the package
 * would start a server on this machine, open to everybody.
 */
async function getNatsServer(progress) {
  if (existsSync(join(FOLDER, 'usr/sbin/nats-server'))) return;
  if ((await run('nats-server', ['--version'])).code === 0) return;
  progress.step('nats-server, for tests');
  mkdirSync(FOLDER, { recursive: true });
  const fetch = () =>
    run('sh', [
      '-c',
      'cd "$1" && apt-get download nats-server && dpkg-deb -x nats-server_*.deb .',
      'sh',
      FOLDER,
    ]);
  let result = await fetch();
  if (result.code !== 0) {
    const update = ['apt-get', 'update'];
    await (process.getuid() === 0 ? run(update[0], update.slice(1)) : run('sudo', ['-n', ...update]));
    result = await fetch();
  }
  if (result.code === 0) return;
  rmSync(FOLDER, { recursive: true, force: true });
  progress.say(`no nats-server; the tests of teams on several hosts are skipped. ${result.tail}`);
}

/** Installs Chromium for the tests of the dashboard, where there is no browser of its kind. */
async function getBrowser(progress) {
  if (BROWSERS.some((name) => existsSync(`/usr/bin/${name}`))) return;
  try {
    await aptInstall(progress, ['chromium']);
  } catch (error) {
    progress.say(`no Chromium; the tests of the page in a browser are skipped. ${error.why}`);
  }
}
