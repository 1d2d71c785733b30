import fs from 'node:fs';
import { join } from 'node:path';

/** Files and folders by what they are, not by their names: a number of the file system is used again. */
type Key = string;

interface Name {
  key: Key;
  isFolder: boolean;
}

/**
 * What would be on the disk below a folder if the power failed now: content as it was when a file was last synced, names as they were when their folder was.
 * Worse than most file systems are, and all that they promise.
 */
export interface Disk {
  /** An open file or folder was synced. */
  synced(fd: number): void;
  /** Lays the folder as the disk has it. */
  cutPower(): void;
}

const { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync } = fs;
const { renameSync, rmSync, writeFileSync } = fs;

export function watchDisk(root: string): Disk {
  const contents = new Map<Key, Buffer>();
  const names = new Map<Key, Map<string, Name>>();

  const noteFolder = (path: string, key: Key): void => {
    const entries = readdirSync(path).map((name): [string, Name] => {
      const stat = lstatSync(join(path, name), { bigint: true });
      return [name, { key: keyOf(stat), isFolder: stat.isDirectory() }];
    });
    names.set(key, new Map(entries));
  };

  /** What is there before anything happens is on the disk. */
  const begin = (path: string): void => {
    noteFolder(path, keyAt(path));
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const at = join(path, entry.name);
      if (entry.isDirectory()) begin(at);
      else if (entry.isFile()) contents.set(keyAt(at), readFileSync(at));
    }
  };

  const lay = (key: Key, path: string): void => {
    mkdirSync(path, { mode: 0o700 });
    for (const [name, { key: below, isFolder }] of names.get(key) ?? []) {
      if (isFolder) lay(below, join(path, name));
      else writeFileSync(join(path, name), contents.get(below) ?? '', { mode: 0o600 });
    }
  };

  begin(root);
  const top = keyAt(root);
  return {
    synced: (fd) => {
      const stat = fstatSync(fd, { bigint: true });
      // Anew by its number: it may be open for writing only.
      const again = openSync(`/proc/self/fd/${fd}`, 'r');
      try {
        if (stat.isDirectory()) noteFolder(readlinkSync(`/proc/self/fd/${fd}`), keyOf(stat));
        else contents.set(keyOf(stat), readFileSync(again));
      } finally {
        closeSync(again);
      }
    },
    cutPower: () => {
      lay(top, `${root}.after`);
      rmSync(root, { recursive: true });
      renameSync(`${root}.after`, root);
    },
  };
}

const keyAt = (path: string): Key => keyOf(lstatSync(path, { bigint: true }));

const keyOf = ({ ino, birthtimeNs }: fs.BigIntStats): Key => `${ino} ${birthtimeNs}`;
