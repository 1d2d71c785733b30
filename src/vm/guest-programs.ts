import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageRoot } from '../store/package-root.ts';
import { cpioArchive, FILE, PROGRAM } from './image/cpio.ts';

/** The guest's own programs, in `src/vm/guest`, and where they lie in the initramfs. */
const PROGRAMS = [
  { name: 'init', source: 'initramfs-init.sh', mode: PROGRAM },
  { name: 'pid1', source: 'pid1.pl', mode: PROGRAM },
  { name: 'fresh.cjs', source: 'fresh.cjs', mode: FILE },
  { name: 'fstab', source: 'fstab', mode: FILE },
  { name: 'git-pipe', source: 'git-pipe.pl', mode: PROGRAM },
] as const;

const programFile = (source: string): string => join(packageRoot(), 'src/vm/guest', source);

/** The files of the guest's own programs, on the host. */
export const guestProgramFiles = (): string[] => PROGRAMS.map(({ source }) => programFile(source));

/** The agent's bundle with what it loads, where that lies beside it: `agent.cjs` and V8's code cache of it. */
export function bundleFiles(agentBundle: string): string[] {
  const parts = ['agent.cjs', 'agent.cache'].map((name) => join(dirname(agentBundle), name));
  return [...parts.filter((path) => existsSync(path)), agentBundle];
}

/**
 * The initramfs that a machine starts from: the image's one (busybox and drivers), with our programs and the agent's bundle behind it. The
 * kernel unpacks both into one tree. So a changed agent or PID 1 needs no new image.
 */
export function startingInitrd(imageInitrd: string, agentBundle: string): Buffer {
  const programs = PROGRAMS.map(({ name, mode, source }) => ({ name, mode, path: programFile(source) }));
  const bundle = bundleFiles(agentBundle).map((path) => ({
    name: path === agentBundle ? 'agent.mjs' : basename(path),
    mode: FILE,
    path,
  }));
  const ours = cpioArchive(
    [...programs, ...bundle].map(({ name, mode, path }) => ({ name, mode, data: readFileSync(path) })),
  );
  return Buffer.concat([readFileSync(imageInitrd), ours]);
}
