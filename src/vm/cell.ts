import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parentOf } from '../store/process-identity.ts';
import { type Accelerator, QEMU } from './accelerator.ts';
import type { Confinement, HostUser } from './confinement.ts';
import { emptyRoot, INNER } from './empty-root.ts';

/** A file of the host that QEMU opens. */
export interface CellFile {
  path: string;
  /** Opened for writing too: QEMU before 8.2 does so with a memory file, even when it maps it privately. */
  isWritten?: boolean;
  /** Handed over open under this number, 3 to 9, instead of being found by a path. */
  handle?: number;
}

export interface CellOptions {
  confinement: Confinement;
  accelerator: Accelerator;
  /** The folder of the sockets that QEMU connects to. */
  sockets: string;
  files: readonly CellFile[];
  memoryMiB: number;
  /** 0 to 19: how far QEMU stands back when others want the processor. */
  nice: number;
}

/** One QEMU process in its confinement. */
export interface Cell {
  /** Where QEMU finds a file that was named, or a socket. */
  inside(path: string): string;
  /** The program that becomes QEMU, or has it as its only child. */
  command(qemuArguments: readonly string[]): { file: string; args: string[]; env: Record<string, string> };
  /** QEMU's own process, once it runs; the started one before. */
  qemuPid(startedPid: number): number;
  /** How QEMU ended, from how the started program did. */
  exitOf(started: QemuExit): QemuExit;
  /** What this machine does without. */
  readonly lacks: readonly string[];
}

/** QEMU's exit code, or the number of the signal that ended it. */
export interface QemuExit {
  code: number;
  signal: number | undefined;
}

/** Addresses that QEMU takes beside the guest's memory, MiB: 128 for translated code, 174 measured for itself, the rest for disk requests under load. */
const OWN_MIB = 512;
/** Largest file that QEMU may write, in blocks of 512 bytes: it has none to write. */
const FILE_BLOCKS = 8;
/** Some 20 are open in a machine at work. */
const OPEN_FILES = 256;
/** For a user of its own: all machines of one keeper together; one has 4, and 64 more for disk requests at most. */
const THREADS = 512;

/**
 * Prepares the confinement of one machine: the rights of its files, its limits, and the command. A shell sets the limits and opens
 * what must be handed over; setpriv, in its place, ties QEMU's life to the keeper's; where there are namespaces bubblewrap follows, with
 * QEMU as its child, else QEMU itself.
 */
export function buildCell(options: CellOptions): Cell {
  const { sockets, files } = options;
  const { user, hasNamespaces, lacks } = reachable(options.confinement, sockets);
  if (user !== null) admit(user, sockets, files);
  // Another user has no way through the folders of its keeper: what it may open, it is handed open.
  const handed = user !== null && !hasNamespaces ? withHandles(files) : files;
  const places = new Map(
    handed.map(({ path, handle }, i) => {
      if (hasNamespaces && handle === undefined) return [path, `/files/${i}-${basename(path)}`];
      return [path, handle === undefined ? path : `/proc/self/fd/${handle}`];
    }),
  );
  const inner = hasNamespaces ? '/sockets' : sockets;
  const inside = (path: string) =>
    places.get(path) ?? (dirname(path) === sockets ? join(inner, basename(path)) : path);

  return {
    lacks,
    inside,
    command: (qemuArguments) => {
      const opened = handed.filter(({ handle }) => handle !== undefined);
      const groups = kvmGroup(options.accelerator);
      const chain = ['nice', '-n', String(options.nice), 'setpriv', '--pdeathsig', 'KILL'];
      if (hasNamespaces) {
        chain.push('--', 'bwrap', ...emptyRoot(user !== null), '--bind', sockets, inner);
        for (const { path, isWritten } of handed.filter(({ handle }) => handle === undefined)) {
          chain.push(isWritten ? '--bind' : '--ro-bind', path, inside(path));
        }
        if (options.accelerator === 'kvm') chain.push('--dev-bind', '/dev/kvm', '/dev/kvm');
        chain.push('--remount-ro', '/', '--');
        // A change of user undoes the tie to the parent, so it is made once more.
        if (user !== null) chain.push(INNER.setpriv, '--pdeathsig', 'KILL', ...lowered(user, groups), '--');
        chain.push(INNER.qemu);
      } else {
        chain.push(...(user === null ? ['--no-new-privs'] : lowered(user, groups)), '--', QEMU);
      }
      return {
        file: '/bin/sh',
        args: [
          ...['-c', startScript(options.memoryMiB, user !== null, opened), 'sh'],
          ...opened.map(({ path }) => path),
          ...chain,
          ...qemuArguments,
        ],
        // No key of ours in QEMU's environment. One arena: else each thread reserves 64 MiB of addresses, which the limit counts.
        env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', MALLOC_ARENA_MAX: '1' },
      };
    },
    qemuPid: (startedPid) => (hasNamespaces ? (onlyChild(startedPid) ?? startedPid) : startedPid),
    exitOf: (started) =>
      // bubblewrap tells the signal that ended its child as a shell does.
      hasNamespaces && started.code > 128 ? { code: 0, signal: started.code - 128 } : started,
  };
}

/** Gives each file one of the numbers of open files that a shell can name. */
function withHandles(files: readonly CellFile[]): CellFile[] {
  const taken = files.map(({ handle }) => handle);
  const free = [3, 4, 5, 6, 7, 8, 9].filter((number) => !taken.includes(number));
  return files.map((file) => {
    const handle = file.handle ?? free.shift();
    if (handle === undefined) throw new RangeError(`${files.length} files for one machine`);
    return { ...file, handle };
  });
}

/** The shell's part: a terminal that passes bytes unchanged, limits, files that are handed over. */
function startScript(memoryMiB: number, hasOwnUser: boolean, opened: readonly CellFile[]): string {
  return [
    'stty raw -echo -onlcr',
    // When the host runs out of memory, machines go before what a person runs.
    'echo 500 2>/dev/null >/proc/self/oom_score_adj || :',
    ...['ulimit -c 0', `ulimit -f ${FILE_BLOCKS}`, `ulimit -n ${OPEN_FILES}`, 'ulimit -s 2048'],
    `ulimit -v ${(memoryMiB + OWN_MIB) * 1024}`,
    ...(hasOwnUser ? [`ulimit -p ${THREADS}`] : []),
    ...opened.map(({ isWritten, handle }) => `exec ${handle}<${isWritten ? '>' : ''}"$1"; shift`),
    'exec "$@"',
  ].join('\n');
}

/** Without namespaces another user needs a way to the sockets; where there is none, QEMU stays the keeper's user. */
function reachable(confinement: Confinement, sockets: string): Confinement {
  if (confinement.user === null || confinement.hasNamespaces) return confinement;
  for (let folder = dirname(sockets); folder !== '/'; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) !== 0) continue;
    const why = `QEMU runs as your user: another one has no way through ${folder}`;
    return { ...confinement, user: null, lacks: [...confinement.lacks, why] };
  }
  return confinement;
}

/** Gives the sockets to the machine's user, and its group the right to the files; the folders above keep everybody else out. */
function admit({ uid, gid }: HostUser, sockets: string, files: readonly CellFile[]): void {
  for (const { path, isWritten } of files) {
    const { mode, uid: owner, gid: group } = statSync(path);
    if (!isWritten && (mode & 0o004) !== 0) continue;
    const right = isWritten ? 0o060 : 0o040;
    if (group !== gid) chownSync(path, owner, gid);
    if ((mode & right) !== right) chmodSync(path, (mode & 0o777) | right);
  }
  for (const name of readdirSync(sockets)) {
    if (statSync(join(sockets, name)).isSocket()) chownSync(join(sockets, name), uid, gid);
  }
  chownSync(sockets, uid, gid);
}

/** setpriv's arguments for a user that has no rights, and can get none. */
function lowered({ uid, gid }: HostUser, groups: string[]): string[] {
  return [
    ...['--reuid', String(uid), '--regid', String(gid), ...groups, '--no-new-privs'],
    ...['--inh-caps', '-all', '--ambient-caps', '-all', '--bounding-set', '-all'],
  ];
}

/** No further groups, but the one that may open /dev/kvm when that is used. */
function kvmGroup(accelerator: Accelerator): string[] {
  return accelerator === 'kvm' ? ['--groups', String(statSync('/dev/kvm').gid)] : ['--clear-groups'];
}

function onlyChild(parent: number): number | undefined {
  const found = readdirSync('/proc').find((name) => /^\d+$/.test(name) && parentOf(Number(name)) === parent);
  return found === undefined ? undefined : Number(found);
}
