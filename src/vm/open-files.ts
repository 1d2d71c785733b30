import { readdirSync, readFileSync, statSync } from 'node:fs';

/**
 * Says whether a running machine of this user (of anybody, for root) holds a file open, so that what is pruned is not what it lives on. By number, not by
 * path: in its own root a machine has the file under another one.
 */
export function openFilesOfMachines(): (file: string) => boolean {
  const found = new Set<string>();
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!nameOf(pid).startsWith('qemu-system')) continue;
    for (const fd of entries(`/proc/${pid}/fd`)) {
      try {
        found.add(numberOf(`/proc/${pid}/fd/${fd}`));
      } catch {
        // closed at this moment
      }
    }
  }
  return (file) => found.has(numberOf(file));
}

function numberOf(file: string): string {
  const { dev, ino } = statSync(file);
  return `${dev} ${ino}`;
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return ''; // ended at this moment
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // ended, or somebody else's
  }
}
