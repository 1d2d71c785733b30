import { type BigIntStats, fstatSync, readlinkSync } from 'node:fs';
import type { HostPath } from '../host.ts';

/** What stood at a place: enough to tell whether it is still the same, and to put it back. Times are nanoseconds since 1970. */
export interface State {
  kind: 'file' | 'directory' | 'link' | 'special';
  /** Permission bits. */
  mode: number;
  size: number;
  mtime: string;
  atime: string;
  ctime: string;
  /** Device, inode and time of birth: tells a file from one that later got its number. */
  file: string;
  /** Names that the file had. */
  links: number;
  /** Where a symbolic link points, as bytes. */
  target?: string;
  /** User and group number. */
  uid: number;
  gid: number;
  /** The kept content, as a path below `checkpoints/`. */
  kept?: string;
  /** Whether `kept` is the very file: true until its removal has failed, and then a copy has to be kept before a change. */
  isTaken?: boolean;
  /** One more name of a file that had several, as a path below `checkpoints/`. */
  link?: string;
}

/** The state of what a descriptor (O_PATH) holds; where a link points can only be read by its name. */
export function stateOf(fd: number, name?: HostPath): State {
  const state = stateFrom(fstatSync(fd, { bigint: true }));
  return state.kind === 'link' && name !== undefined
    ? { ...state, target: readlinkSync(name, 'latin1') }
    : state;
}

/** The state that the kernel's answer tells; without where a link points. */
export function stateFrom(stats: BigIntStats): State {
  return {
    kind: kindOf(stats),
    mode: Number(stats.mode & 0o7777n),
    size: Number(stats.size),
    mtime: String(stats.mtimeNs),
    atime: String(stats.atimeNs),
    ctime: String(stats.ctimeNs),
    file: `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`,
    links: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
  };
}

/** Whether nobody has touched a file between two looks; other names of it may have come and gone. */
export const isUntouched = (a: State, b: State): boolean =>
  a.file === b.file &&
  a.size === b.size &&
  a.mtime === b.mtime &&
  a.mode === b.mode &&
  (a.ctime === b.ctime || a.links > 1 || b.links > 1);

/** Whether the content of a file is the same, as far as that shows without reading it. */
export const hasSameContent = (a: State, b: State): boolean =>
  a.file === b.file && a.size === b.size && a.mtime === b.mtime;

function kindOf(stats: BigIntStats): State['kind'] {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  return stats.isSymbolicLink() ? 'link' : 'special';
}
