import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Paths of all files that running machines of this user (of everybody, for root) hold open, so that what is pruned is not what they live on. */
export function openFilesOfMachines(): Set<string> {
  const found = new Set<string>();
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!nameOf(pid).startsWith('qemu-system')) continue;
    for (const fd of entries(`/proc/${pid}/fd`)) {
      try {
        found.add(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        // closed at this moment
      }
    }
  }
  return found;
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
