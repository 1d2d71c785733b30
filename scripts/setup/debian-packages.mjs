import { SetupError } from './progress.mjs';
import { run } from './run.mjs';

/** What runs VMs, and what builds their image. */
const PACKAGES = [
  'qemu-system-x86',
  'mmdebstrap',
  'erofs-utils',
  'debian-archive-keyring',
  'gpg',
  'util-linux',
  'bubblewrap',
  'xz-utils',
  'zstd',
];
/** What this machine needs of them: QEMU's package has the name of the processor. */
const NEEDED =
  process.arch === 'arm64' ? PACKAGES.with(PACKAGES.indexOf('qemu-system-x86'), 'qemu-system-arm') : PACKAGES;

/** Installs the Debian packages that cowork needs and that are missing. */
export async function installDebianPackages(progress) {
  const missing = await missingPackages();
  if (missing.length > 0) await aptInstall(progress, missing);
}

/** Installs Debian packages. Asks for no password: needs root, or sudo without one; throws a SetupError with what to do otherwise. */
export async function aptInstall(progress, packages) {
  const names = packages.join(' ');
  const isRoot = process.getuid() === 0;
  if (!isRoot && (await run('sudo', ['-n', 'true'])).code !== 0) {
    const why = `Missing: ${names}. This user is not root, and sudo is not there or asks for a password.`;
    throw new SetupError('Debian packages are missing.', why, `Run once: sudo apt-get install ${names}`);
  }
  progress.step(`Debian packages: ${names}`);
  const command = [
    ...(isRoot ? [] : ['sudo', '-n']),
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
  ];
  const aptGet = (...args) => run(command[0], [...command.slice(1), ...args]);
  const install = () => aptGet('install', '-y', '--no-install-recommends', ...packages);
  let result = await install();
  if (result.code !== 0) {
    // A machine that has never asked its mirror knows no packages, and an old list names files that are gone.
    result = await aptGet('update');
    if (result.code === 0) result = await install();
  }
  if (result.code !== 0) {
    const cure = `Check that the Debian mirror can be reached, then run: apt-get update && apt-get install ${names}`;
    throw new SetupError(`Debian packages could not be installed: ${names}.`, result.tail, cure);
  }
}

async function missingPackages() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const result = await run('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...NEEDED]);
  if (result.code === 127) {
    const why = 'There is no dpkg here: micro-VMs and their image need Debian, or a system made from it.';
    throw new SetupError(
      'This system is not supported for micro-VMs.',
      why,
      'Use Debian 12 or newer, or Ubuntu 24.04 or newer.',
    );
  }
  const installed = new Set(
    result.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return NEEDED.filter((name) => !installed.has(name));
}
