import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A driver file and its bytes, named as the kernel names it (underscores). */
export interface KernelModule {
  name: string;
  data: Buffer;
}

/** What depmod calls by the name of an algorithm; the generic form runs everywhere. */
const ALIASES: Readonly<Record<string, string>> = { crc32c: 'crc32c_generic' };

/**
 * The wanted drivers of a kernel's module folder and all that they need, in an order in which `insmod` can load them.
 * Reads the dependencies from the `.modinfo` of the files, so no depmod is needed. Throws when a driver is not there.
 */
export function modulesInOrder(folder: string, wanted: readonly string[]): KernelModule[] {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.name.endsWith('.ko')) files.set(moduleName(entry.name), join(entry.parentPath, entry.name));
  }
  const ordered = new Map<string, KernelModule>();
  const add = (wish: string) => {
    const name = moduleName(ALIASES[wish] ?? wish);
    if (ordered.has(name)) return;
    const file = files.get(name);
    if (!file) throw new Error(`the kernel has no driver ${name}`);
    const data = readFileSync(file);
    for (const needed of dependencies(data)) add(needed);
    ordered.set(name, { name, data });
  };
  for (const name of wanted) add(name);
  return [...ordered.values()];
}

function moduleName(file: string): string {
  return basename(file, '.ko').replaceAll('-', '_');
}

/** `depends=a,b` and `softdep=pre: c` of a driver's modinfo, which is a run of strings ended by NUL. */
function dependencies(module: Buffer): string[] {
  const text = module.toString('latin1');
  const hard = /\0depends=([^\0]*)\0/.exec(text)?.[1]?.split(',') ?? [];
  const soft = /\0softdep=pre: ([^\0]*)\0/.exec(text)?.[1]?.split(' ') ?? [];
  return [...hard, ...soft].filter((name) => name !== '');
}
