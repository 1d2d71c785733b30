import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Notes } from '../finding.ts';
import { readableText } from '../format/text.ts';

/** One file of an extension. */
export interface TreeFile {
  /** Where its bytes are, without any link on the way. */
  real: string;
  /** In bytes. */
  size: number;
  isExecutable: boolean;
}

/** The files of a plugin or marketplace that may be read, by their path below its folder (`a/b.md`). */
export interface Tree {
  root: string;
  files: ReadonlyMap<string, TreeFile>;
}

export const TREE_LIMITS = {
  files: 20_000,
  bytes: 512 * 1024 * 1024,
  depth: 32,
  path: 1024,
  text: 1024 * 1024,
};
/** Never part of an extension. */
const LEFT_OUT = new Set(['.git', '.DS_Store']);

/**
 * Lists what is in a folder. A link counts as what it leads to as long as that lies in `within` (default: the folder);
 * links that lead elsewhere, devices and pipes are left out and named. Too much, too deep, and names that differ only in
 * case or accents refuse the whole: on another system they would be one file.
 */
export function readTree(root: string, notes: Notes, within: string = root): Tree {
  const files = new Map<string, TreeFile>();
  const tree: Tree = { root, files };
  let border: string;
  let start: string;
  try {
    start = realpathSync(root);
    border = realpathSync(within);
    if (!statSync(start).isDirectory()) throw new Error('it is no folder');
  } catch (error) {
    notes.refuse('.', `the folder can't be read: ${messageOf(error)}`);
    return tree;
  }
  const count = { files: 0, bytes: 0 };
  const walk = (folder: string, prefix: string, above: readonly string[]): boolean => {
    if (above.length > TREE_LIMITS.depth) return refuse(prefix, `is over ${TREE_LIMITS.depth} folders deep`);
    let entries: ReturnType<typeof entriesOf>;
    try {
      entries = entriesOf(folder);
    } catch (error) {
      notes.warn(prefix, `can't be read and was left out: ${messageOf(error)}`);
      return true;
    }
    const alike = new Map<string, string>();
    for (const entry of entries) {
      if (LEFT_OUT.has(entry.name)) continue;
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (++count.files > TREE_LIMITS.files)
        return refuse('.', `has over ${TREE_LIMITS.files} files and folders`);
      if (Buffer.byteLength(path) > TREE_LIMITS.path) return refuse(prefix, 'has a path that is too long');
      const folded = entry.name.normalize('NFC').toLowerCase();
      const other = alike.get(folded);
      if (other !== undefined)
        return refuse(path, `differs from ${JSON.stringify(other)} only in case or accents`);
      alike.set(folded, entry.name);
      if (/[\u0000-\u001f\u007f\\]/.test(entry.name)) {
        notes.warn(path, 'has control characters or \\ in its name and was left out');
        continue;
      }
      let real = join(folder, entry.name);
      let stats = entry.isFile() || entry.isDirectory() ? undefined : lstatSync(real);
      if (stats?.isSymbolicLink()) {
        const target = targetOf(real);
        if (target === undefined) {
          notes.warn(path, 'is a link that leads nowhere and was left out');
          continue;
        }
        if (!isBelow(target, border)) {
          notes.warn(path, 'is a link that leads out of the folder and was left out');
          continue;
        }
        if (relative(border, target).split(sep).includes('.git')) {
          notes.warn(path, 'is a link into .git and was left out');
          continue;
        }
        real = target;
      }
      stats = statSync(real);
      if (stats.isDirectory()) {
        if ([...above, folder].includes(real))
          notes.warn(path, 'is a link to a folder that it lies in and was left out');
        else if (!walk(real, path, [...above, folder])) return false;
      } else if (stats.isFile()) {
        count.bytes += stats.size;
        if (count.bytes > TREE_LIMITS.bytes)
          return refuse('.', `has over ${TREE_LIMITS.bytes / 1024 ** 2} MiB`);
        files.set(path, { real, size: stats.size, isExecutable: (stats.mode & 0o111) !== 0 });
      } else notes.warn(path, 'is neither file nor folder and was left out');
    }
    return true;
  };
  const refuse = (file: string, reason: string): false => {
    notes.refuse(file, reason);
    return false;
  };
  walk(start, '', []);
  return tree;
}

/** The text of a file of the tree; undefined, with a finding, when it can't be read or is too large to be read as text. */
export function readTreeText(tree: Tree, path: string, notes: Notes): string | undefined {
  const file = tree.files.get(path);
  if (file === undefined) return undefined;
  if (file.size > TREE_LIMITS.text) {
    notes.warn(path, `is over ${TREE_LIMITS.text / 1024} KiB and was left out`);
    return undefined;
  }
  try {
    return readableText(readTreeFile(file, TREE_LIMITS.text));
  } catch (error) {
    notes.warn(path, `can't be read and was left out: ${messageOf(error)}`);
    return undefined;
  }
}

/** The bytes of a file, at most `max`; refuses what was swapped for something else since it was listed. */
export function readTreeFile(file: TreeFile, max: number = TREE_LIMITS.bytes): Buffer {
  const fd = openSync(file.real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = statsOfFile(fd);
    if (size > max) throw new Error('it has grown too large');
    const bytes = Buffer.allocUnsafe(size);
    let read = 0;
    while (read < size) {
      const got = readSync(fd, bytes, read, size - read, read);
      if (got === 0) break;
      read += got;
    }
    return bytes.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}

/** A checksum of all files: their paths, contents and whether they are programs. */
export function checksumOf(
  files: Iterable<readonly [path: string, bytes: Uint8Array, isExecutable: boolean]>,
): string {
  const lines = [...files].map(
    ([path, bytes, isExecutable]) => `${JSON.stringify(path)} ${isExecutable ? 'x' : '-'} ${sha256(bytes)}\n`,
  );
  return sha256(lines.sort().join(''));
}

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

export const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const entriesOf = (folder: string) =>
  readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));

function statsOfFile(fd: number): { size: number } {
  const stats = fstatSync(fd);
  if (!stats.isFile()) throw new Error('it is no file any more');
  return stats;
}

function targetOf(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined; // broken, or a circle of links
  }
}
