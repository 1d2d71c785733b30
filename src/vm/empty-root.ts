import { lstatSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { programPath, QEMU } from './accelerator.ts';

/** Where QEMU and setpriv are in the root that bubblewrap makes, wherever the host has them. */
export const INNER = { qemu: `/usr/bin/${QEMU}`, setpriv: '/usr/bin/setpriv' } as const;

/**
 * bubblewrap's arguments for a root with QEMU's own files and nothing else: no home, no /proc, no /etc, no shell, no network, no process but its own.
 * Started by root it stays root inside, with just the rights to become somebody else; started by another user it is `nobody` in there.
 */
export function emptyRoot(isRoot: boolean): string[] {
  const qemu = programPath(QEMU) ?? INNER.qemu;
  const setpriv = programPath('setpriv') ?? INNER.setpriv;
  const prefix = dirname(dirname(qemu));
  const libraries = ['/usr/lib', '/usr/lib64', '/lib', '/lib64', `${prefix}/lib`];
  const data = ['/usr', prefix].flatMap((base) => [`${base}/share/qemu`, `${base}/share/seabios`]);
  return [
    ...['--unshare-net', '--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--die-with-parent', '--as-pid-1', '--cap-drop', 'ALL'],
    ...(isRoot
      ? ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((right) => ['--cap-add', right])
      : ['--unshare-user', '--uid', '65534', '--gid', '65534']),
    // A folder that is made on the way to a bound file is for root alone, unless it is named.
    ...['/usr', '/usr/bin', '/usr/share', '/files', '/tmp'].flatMap((folder) => ['--dir', folder]),
    ...[...new Set(libraries)].flatMap(asOnHost),
    ...[...new Set(data)].flatMap((folder) => ['--ro-bind-try', folder, folder]),
    ...['--ro-bind', qemu, INNER.qemu, '--ro-bind', setpriv, INNER.setpriv],
    ...['--dev', '/dev'],
  ];
}

/** A folder of libraries, or the link that it is where all of them lie under /usr. */
function asOnHost(folder: string): string[] {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink() ? ['--symlink', readlinkSync(folder), folder] : ['--ro-bind', folder, folder];
}
