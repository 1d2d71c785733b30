import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../store/package-root.ts';
import { cpioArchive, FILE, PROGRAM } from './image/cpio.ts';

/** The guest's own programs, in `src/vm/guest`, and where they lie in the initramfs. */
const PROGRAMS = [
  { name: 'init', source: 'initramfs-init.sh', mode: PROGRAM },
  { name: 'pid1', source: 'pid1.sh', mode: PROGRAM },
  { name: 'fstab', source: 'fstab', mode: FILE },
] as const;

/**
 * The initramfs that a machine starts from: the image's one (busybox and drivers), with our programs and the agent's bundle behind it. The
 * kernel unpacks both into one tree. What the bundle loads (`agent.cjs`, its code cache) travels with it when it lies beside it. So a changed agent or PID 1 needs no new image.
 */
export function startingInitrd(imageInitrd: string, agentBundle: string): Buffer {
  const sources = join(packageRoot(), 'src/vm/guest');
  const entries = PROGRAMS.map(({ name, source, mode }) => ({
    name,
    mode,
    data: readFileSync(join(sources, source)),
  }));
  const agent = ['agent.cjs', 'agent.cache']
    .map((name) => ({ name, path: join(dirname(agentBundle), name) }))
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({ name, mode: FILE, data: readFileSync(path) }));
  const ours = cpioArchive([
    ...entries,
    ...agent,
    { name: 'agent.mjs', mode: FILE, data: readFileSync(agentBundle) },
  ]);
  return Buffer.concat([readFileSync(imageInitrd), ours]);
}
