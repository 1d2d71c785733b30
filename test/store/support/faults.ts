import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { watchDisk } from './disk.ts';

/**
 * What goes wrong at the n-th operation on a file below a folder: `error` (EIO) and `full` (ENOSPC) once; `short`, a write of
 * half; `dead`, nothing is done from there on, as after kill -9; `torn`, the same with half of that write on the disk; `power`, the same as `dead`, and what
 * was not synced is lost, too.
 */
export type Fault = 'error' | 'full' | 'short' | 'dead' | 'torn' | 'power';
export const FAULTS: readonly Fault[] = ['error', 'full', 'short', 'dead', 'torn', 'power'];

export interface Faults {
  /** How many operations there were. */
  readonly count: number;
  /** Whether the process counts as dead: whatever it still says was never said. */
  readonly isDead: boolean;
  /** Ends the faults; after a failure of the power the folder is as the disk has it. */
  restore(): void;
}

type Call = (...args: unknown[]) => unknown;

const SYNC = [
  ...['openSync', 'writeSync', 'readSync', 'fstatSync', 'fsyncSync', 'readFileSync', 'writeFileSync'],
  ...[
    'renameSync',
    'mkdirSync',
    'rmSync',
    'rmdirSync',
    'readdirSync',
    'linkSync',
    'unlinkSync',
    'copyFileSync',
  ],
];
const CALLBACK = ['fdatasync', 'mkdir', 'rmdir'];
const PROMISED = [
  ...['open', 'rename', 'unlink', 'mkdir', 'rm', 'link', 'copyFile', 'appendFile', 'writeFile', 'readFile'],
];

/** Lets operations below `folder` fail in this process, and leaves out real syncs, which only cost time here. */
export function injectFaults(folder: string, at: number, fault: Fault): Faults {
  let count = 0;
  let isDead = false;
  const disk = fault === 'power' ? watchDisk(folder) : undefined;
  const ours = new Set<unknown>();
  const originals: [Record<string, Call>, string, Call][] = [];
  const failure = (code: string) => Object.assign(new Error(`${code}: injected`), { code });

  /** Whether a path is below the folder, also one that begins at a descriptor that was opened there. */
  const isBelow = (path: unknown): boolean =>
    typeof path === 'string' &&
    (path.startsWith(folder) || ours.has(Number(/^\/proc\/self\/fd\/(\d+)/.exec(path)?.[1])));

  /** Whether this is one of ours, and what is to go wrong with it. */
  const next = (first: unknown, second?: unknown): Fault | undefined => {
    const isPath = isBelow(first) || isBelow(second);
    const isOurs = isPath || (typeof first !== 'string' && ours.has(first));
    if (!isOurs) return undefined;
    if (isDead) return 'dead';
    if (++count !== at) return undefined;
    if (fault === 'dead' || fault === 'torn' || fault === 'power') isDead = true;
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
      const found = next(args[0], args[1]);
      if (name === 'writeSync' && (found === 'short' || found === 'torn')) {
        const bytes = args[1] as Buffer; // `writeRecord` gives one
        const written = original(args[0], bytes, 0, Math.floor(bytes.length / 2));
        if (found === 'torn') throw errorOf(found);
        return written;
      }
      if (found !== undefined && found !== 'short') throw errorOf(found);
      if (name === 'fsyncSync') return disk?.synced(args[0] as number);
      const isOpened = name === 'openSync' && isBelow(args[0]);
      const result = original(...args);
      if (isOpened) ours.add(result);
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
      if (name !== 'fdatasync') return original(...args);
      disk?.synced(args[0] as number);
      return process.nextTick(() => done(null));
    });
  }
  for (const name of PROMISED) {
    replace(fsPromises, name, (original) => async (...args) => {
      const found = next(args[0], args[1]);
      if (found !== undefined && found !== 'short') throw errorOf(found);
      const isOpened = name === 'open' && isBelow(args[0]);
      const result = await original(...args);
      if (isOpened) guardHandle(result as Record<string, Call>);
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
        return name === 'sync' ? disk?.synced((handle as unknown as { fd: number }).fd) : original(...args);
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
      if (isDead) disk?.cutPower();
    },
  };
}
