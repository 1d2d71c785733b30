import type { BigIntStats } from 'node:fs';
import type { Qid } from './wire.ts';

const QID_DIRECTORY = 0x80;
const QID_SYMLINK = 0x02;
const INODE_BITS = 48n;
const SYNTHETIC = 0x7fffn << INODE_BITS;
const NUMBERED = 1n << 63n;
const MOST_DEVICES = 0x7ffe;
const MOST_NUMBERED = 100_000;

const S_IFMT = 0o170000n;
const S_IFDIR = 0o040000n;
const S_IFLNK = 0o120000n;

/** What a number is made of. */
type Numbered = Pick<BigIntStats, 'dev' | 'ino' | 'mode' | 'mtimeNs'>;

/**
 * Gives every (device, inode) a 64-bit number of its own, without collisions: the device's place in a table above 48 bits
 * of inode, so files of the first device keep their own inode numbers; inodes that need more bits are numbered one by one.
 */
export class Qids {
  readonly #devices = new Map<bigint, bigint>();
  readonly #numbered = new Map<string, bigint>();
  #next = NUMBERED;

  of(stats: Numbered): Qid {
    return {
      type: typeOf(stats.mode),
      version: Number(stats.mtimeNs & 0xffffffffn),
      path: this.#path(stats),
    };
  }

  synthetic(id: number): Qid {
    return { type: QID_DIRECTORY, version: 0, path: SYNTHETIC | BigInt(id) };
  }

  #path({ dev, ino }: Numbered): bigint {
    let prefix = this.#devices.get(dev);
    if (prefix === undefined && this.#devices.size < MOST_DEVICES) {
      prefix = BigInt(this.#devices.size) << INODE_BITS;
      this.#devices.set(dev, prefix);
    }
    if (prefix !== undefined && ino >> INODE_BITS === 0n) return prefix | ino;
    return this.#number(`${dev}:${ino}`);
  }

  // The oldest number is forgotten when there are too many; a number is never given twice, so two files never share one.
  #number(key: string): bigint {
    let number = this.#numbered.get(key);
    if (number !== undefined) return number;
    number = this.#next++;
    this.#numbered.set(key, number);
    if (this.#numbered.size > MOST_NUMBERED) {
      const [oldest] = this.#numbered.keys();
      if (oldest !== undefined) this.#numbered.delete(oldest);
    }
    return number;
  }
}

function typeOf(mode: bigint): number {
  if ((mode & S_IFMT) === S_IFDIR) return QID_DIRECTORY;
  return (mode & S_IFMT) === S_IFLNK ? QID_SYMLINK : 0;
}
