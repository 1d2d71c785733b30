import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_ARCHITECTURE } from '../architecture.ts';
import { type Recipe, SUITE } from './recipe.ts';

/** Runs a program as root or fails with its last words. */
export type RunAsRoot = (command: string, args: readonly string[]) => Promise<string>;

/** Files of the packages that nobody reads in a VM. */
const LEFT_OUT = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*'];

/**
 * Makes the guest's root as a folder `tree` in `work`, with Node in it, and fetches the kernel's package beside it.
 * Everything comes from the mirrors that the host's apt uses for Debian; when it has none for this release, from mmdebstrap's default.
 */
export async function makeRootTree(work: string, recipe: Recipe, run: RunAsRoot): Promise<void> {
  const options = join(work, 'apt.conf');
  writeFileSync(options, await run('apt-config', ['dump', 'Acquire::http', 'Acquire::https']));
  const sources = join(work, 'sources.list');
  const mirrors = await hostMirrors(run);
  const modules = recipe.modules === undefined ? undefined : await fetchModules(work, recipe.modules, run);
  writeFileSync(sources, mirrors);
  await run('mmdebstrap', [
    '--mode=root',
    '--variant=minbase',
    '--format=directory',
    `--include=${recipe.packages.join(',')}`,
    `--aptopt=${options}`,
    '--aptopt=Apt::Install-Recommends "false"',
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    `--customize-hook=upload ${quoted(recipe.node.binary)} /usr/local/bin/node`,
    `--customize-hook=${CUSTOMIZE}`,
    ...(modules === undefined ? [] : [`--customize-hook=cp -r ${quoted(modules)} "$1/usr/local/lib/node"`]),
    ...recipe.proofs.map((proof) => `--customize-hook=chroot "$1" sh -c ${quoted(proof)}`),
    `--customize-hook=cd ${quoted(work)} && ${FETCH_KERNEL}`,
    SUITE,
    join(work, 'tree'),
    ...(mirrors === '' ? [] : [sources]),
  ]);
}

/**
 * Fetches npm packages as the lock in `from` says, which holds their checksums; no script of theirs is run. Their folder belongs to
 * `lib/node` beside Node's own, where `require` looks last (https://nodejs.org/api/modules.html).
 */
async function fetchModules(work: string, from: string, run: RunAsRoot): Promise<string> {
  const folder = join(work, 'javascript');
  cpSync(from, folder, { recursive: true });
  await run('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']);
  const modules = join(folder, 'node_modules');
  // Types and maps are for those who write programs with an editor.
  await run('rm', ['-rf', join(modules, '@types'), join(modules, 'undici-types')]);
  await run('find', [modules, '-name', '*.map', '-delete']);
  return modules;
}

/** Proves that Node finds its libraries, makes the guest's folders, and takes out what tells about the host's network. */
const CUSTOMIZE = [
  'chmod 0755 "$1/usr/local/bin/node"',
  'chroot "$1" node --version',
  'mkdir -p "$1/grants" "$1/memory" "$1/workspace"',
  'rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/resolv.conf" "$1/etc/hostname"',
  'find "$1/etc/apt" -name "*.list" -exec sed -i "/@/d" {} +',
].join(' && ');

/** Fetches the newest kernel package of the release without installing it. */
const FETCH_KERNEL = [
  'export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"',
  `kernel=$(apt-cache depends linux-image-${HOST_ARCHITECTURE.debian} | sed -n "s/^ *Depends: \\(linux-image-[0-9][^ ]*\\)$/\\1/p" | head -n 1)`,
  'apt-get download "$kernel"',
].join(' && ');

async function hostMirrors(run: RunAsRoot): Promise<string> {
  const format = '$(ORIGIN)|$(CODENAME)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const targets = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  return targets
    .split('\n')
    .map((line) => line.split('|'))
    .filter(([origin, codename]) => origin === 'Debian' && codename?.startsWith(SUITE))
    .map(([, , line]) => `${line}\n`)
    .join('');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
