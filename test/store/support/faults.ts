import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/**
 * What goes wrong at the n-th operation on a file below a folder: `error` (EIO) and `full` (ENOSPC) once; `short`, a write of
 * half; `dead`, nothing is done from there on, as after kill -9; `torn`, the same with half of that write on the disk.
 */
export type Fault = 'error' | 'full' | 'short' | 'dead' | 'torn';
export const FAULTS: readonly Fault[] = ['error', 'full', 'short', 'dead', 'torn'];

export interface Faults {
  /** How many operations there were. */
  readonly count: number;
  /** Whether the process counts as dead: whatever it still says was never said. */
  readonly isDead: boolean;
  restore(): void;
}

type Call = (...args: unknown[]) => unknown;

const SYNC = [
  ...['openSync', 'writeSync', 'readSync', 'fstatSync', 'fsyncSync', 'readFileSync', 'writeFileSync'],
  ...['renameSync', 'mkdirSync', 'rmSync', 'rmdirSync', 'readdirSync'],
];
const CALLBACK = ['fdatasync', 'mkdir', 'rmdir'];
const PROMISED = ['open', 'rename', 'unlink'];

/** Lets operations below `folder` fail in this process, and leaves out real syncs, which only cost time here. */
export function injectFaults(folder: string, at: number, fault: Fault): Faults {
  let count = 0;
  let isDead = false;
  const ours = new Set<unknown>();
  const originals: [Record<string, Call>, string, Call][] = [];
  const failure = (code: string) => Object.assign(new Error(`${code}: injected`), { code });

  /** Whether this is one of ours, and what is to go wrong with it. */
  const next = (first: unknown): Fault | undefined => {
    const isOurs = typeof first === 'string' ? first.startsWith(folder) : ours.has(first);
    if (!isOurs) return undefined;
    if (isDead) return 'dead';
    if (++count !== at) return undefined;
    if (fault === 'dead' || fault === 'torn') isDead = true;
    return fault;
  };
  const errorOf = (found: Fault) => failure(found === 'full' ? 'ENOSPC' : 'EIO');

  const replace = (module: object, name: string, make: (original: Call) => Call) => {
    const holder = module as Record<string, Call>; // a module's functions by name
    const original = holder[name] as Call;
    originals.push([holder, name, original]);
    holder[name] = make(original);
  };

  for (const name of SYNC) {
    replace(fs, name, (original) => (...args) => {
      const found = next(args[0]);
      if (name === 'writeSync' && (found === 'short' || found === 'torn')) {
        const bytes = args[1] as Buffer; // `writeRecord` gives one
        const written = original(args[0], bytes, 0, Math.floor(bytes.length / 2));
        if (found === 'torn') throw errorOf(found);
        return written;
      }
      if (found !== undefined && found !== 'short') throw errorOf(found);
      if (name === 'fsyncSync') return undefined;
      const result = original(...args);
      if (name === 'openSync' && String(args[0]).startsWith(folder)) ours.add(result);
      return result;
    });
  }
  replace(fs, 'closeSync', (original) => (fd) => {
    ours.delete(fd);
    return original(fd);
  });
  for (const name of CALLBACK) {
    replace(fs, name, (original) => (...args) => {
      const found = next(args[0]);
      const done = args.at(-1) as Call; // by the signature of each
      if (found !== undefined && found !== 'short') return process.nextTick(() => done(errorOf(found)));
      return name === 'fdatasync' ? process.nextTick(() => done(null)) : original(...args);
    });
  }
  for (const name of PROMISED) {
    replace(fsPromises, name, (original) => async (...args) => {
      const found = next(args[0]);
      if (found !== undefined && found !== 'short') throw errorOf(found);
      const result = await original(...args);
      if (name === 'open' && String(args[0]).startsWith(folder)) guardHandle(result as Record<string, Call>);
      return result;
    });
  }
  const guardHandle = (handle: Record<string, Call>) => {
    ours.add(handle);
    for (const name of ['writeFile', 'sync']) {
      const original = handle[name]?.bind(handle) as Call;
      handle[name] = async (...args) => {
        const found = next(handle);
        if (found !== undefined && found !== 'short') throw errorOf(found);
        return name === 'sync' ? undefined : original(...args);
      };
    }
  };
  syncBuiltinESMExports();
  return {
    get count() {
      return count;
    },
    get isDead() {
      return isDead;
    },
    restore: () => {
      for (const [holder, name, original] of originals) holder[name] = original;
      syncBuiltinESMExports();
    },
  };
}
