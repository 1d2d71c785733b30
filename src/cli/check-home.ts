import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Check } from '../vm/checks.ts';

/** File systems whose locks or events can't be relied on, by the number that statfs gives. Source: Linux, magic.h. */
const UNRELIABLE: Record<number, string> = {
  26985: 'NFS',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  20859: 'SMB',
  1702057286: 'FUSE',
  16914839: '9p',
};
/** A keeper watches some ten folders, a team of 64 has as many keepers. */
const WATCHES = 4_096;
const INSTANCES = 128;

/** Checks of the folder that holds everything, and of what the kernel lets watch it. */
export function checkHome(home: string, kernel = '/proc/sys/fs/inotify'): Check[] {
  return [checkFolder(home), checkWatches(kernel)];
}

function checkFolder(home: string): Check {
  const fails = (detail: string, hint: string): Check => ({ name: 'home', ok: false, detail, hint });
  let there = home;
  while (!existsSync(there)) there = dirname(there);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return fails(
      `this user may not write to ${there}`,
      'Mend its rights, or set COWORK_HOME to a folder of yours.',
    );
  }
  const { mode, uid } = statSync(there);
  if (there === home && uid !== process.getuid?.())
    return fails(`${home} belongs to user ${uid}`, 'Set COWORK_HOME to a folder of yours.');
  if (there === home && (mode & 0o022) !== 0)
    return fails(`others may write to ${home}`, `Run: chmod 700 ${home}`);
  const kind = UNRELIABLE[statfsSync(there).type];
  if (kind !== undefined)
    return fails(
      `${there} is on ${kind}, where a file's order of writers is not kept`,
      'Set COWORK_HOME to a folder on a local disk.',
    );
  return { name: 'home', ok: true, detail: there === home ? home : `${home}, not made yet`, hint: '' };
}

/** Too few watches make teams slower and stop nothing: every watcher also looks by itself. */
function checkWatches(kernel: string): Check {
  const limit = (name: string) => Number(read(`${kernel}/${name}`) ?? Number.POSITIVE_INFINITY);
  const [watches, instances] = [limit('max_user_watches'), limit('max_user_instances')];
  const isLow = watches < WATCHES || instances < INSTANCES;
  const detail = `${watches} folders can be watched by ${instances} watchers`;
  const cure = `Mail comes up to a second late with many agents. Run: sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=1024`;
  return { name: 'watches', ok: true, detail, hint: isLow ? cure : '' };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // another kernel, which has no such limit
  }
}
