import { readFileSync } from 'node:fs';
import { isOnPath } from './accelerator.ts';
import { emptyRoot } from './empty-root.ts';
import { runCommand } from './run-command.ts';

/** A user of the host, by number. */
export interface HostUser {
  uid: number;
  gid: number;
}

/** What keeps a QEMU process in, beside its own filter of system calls. */
export interface Confinement {
  /** The user that it runs as; null is the keeper's own. */
  user: HostUser | null;
  /** Whether it has a root, processes and a network of its own (bubblewrap), and sees nothing of the host's. */
  hasNamespaces: boolean;
  /** What could not be had, in words, for `doctor` and `status`. */
  lacks: readonly string[];
}

/** Only what every machine has: the filter of system calls, the limits, the tie to its keeper. */
export const BARE: Confinement = { user: null, hasNamespaces: false, lacks: [] };

/**
 * Users of machines are numbered from here on by the number of the keeper's process: no two keepers that live share one, and nothing
 * has to be remembered. Linux has 4,194,304 processes at most, so the range ends at 2,104,194,303; no distribution gives it to anybody.
 * All machines share one group, so that a file can be opened to machines and to nobody else.
 */
export const FIRST_MACHINE_USER = 2_100_000_000;
/** Who runs machines where that range does not exist, as in some containers: `nobody`. */
const NOBODY = 65_534;

/** What of the host decides; tests hand in another. */
interface HostFacts {
  uid?: number;
  /** /proc/self/uid_map: first number in here, first number outside, how many. */
  uidMap?: string;
  hasBwrap?: boolean;
}

/** Finds out what confinement can be had here, by trying it; takes about 10 ms. */
export async function findConfinement(host: HostFacts = {}): Promise<Confinement> {
  const isRoot = (host.uid ?? process.getuid?.()) === 0;
  const user = isRoot ? machineUser(host.uidMap ?? readFileSync('/proc/self/uid_map', 'utf8')) : null;
  const lacks: string[] = [];
  if (user === null) lacks.push('QEMU runs as your user: only root can give it one of its own');
  const obstacle = await namespaceObstacle(user, host.hasBwrap ?? isOnPath('bwrap'));
  if (obstacle !== undefined) lacks.push(`QEMU sees the files of the host as its user does: ${obstacle}`);
  return { user, hasNamespaces: obstacle === undefined, lacks };
}

function machineUser(uidMap: string): HostUser {
  const isMapped = (uid: number) =>
    uidMap.split('\n').some((line) => {
      const [first = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
      return uid >= first && uid < first + count;
    });
  const uid = FIRST_MACHINE_USER + process.pid;
  return isMapped(uid) ? { uid, gid: FIRST_MACHINE_USER } : { uid: NOBODY, gid: NOBODY };
}

/** Why bubblewrap can't make an empty root here, or undefined when it can. */
async function namespaceObstacle(user: HostUser | null, hasBwrap: boolean): Promise<string | undefined> {
  if (!hasBwrap) return 'bubblewrap is not installed';
  const arguments_ = [...emptyRoot(user !== null), '--', '/usr/bin/setpriv', '--version'];
  const { code, output } = await runCommand('bwrap', arguments_, { limitMs: 5_000 });
  return code === 0 ? undefined : (output.trim().split('\n')[0] ?? '').slice(0, 200);
}
