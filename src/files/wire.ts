/**
 * 9P2000.L on the wire: `size[4] type[1] tag[2]`, then fields, all little-endian; a string is `length[2]` and bytes.
 * Source: https://github.com/chaos/diod/blob/master/protocol.md and include/net/9p/9p.h of Linux.
 */
import { Violation } from './errno.ts';

export const HEADER_BYTES = 7;
export const NO_TAG = 0xffff;
export const NO_FID = 0xffffffff;

/** Request types; the answer's type is one higher. */
export const T = {
  lerror: 6,
  statfs: 8,
  lopen: 12,
  lcreate: 14,
  symlink: 16,
  mknod: 18,
  rename: 20,
  readlink: 22,
  getattr: 24,
  setattr: 26,
  xattrwalk: 30,
  xattrcreate: 32,
  readdir: 40,
  fsync: 50,
  lock: 52,
  getlock: 54,
  link: 70,
  mkdir: 72,
  renameat: 74,
  unlinkat: 76,
  version: 100,
  auth: 102,
  attach: 104,
  flush: 108,
  walk: 110,
  read: 116,
  write: 118,
  clunk: 120,
  remove: 122,
} as const;

/** What names a file to the client: type bits, a version that moves with the content, and a number unique to the file. */
export interface Qid {
  type: number;
  version: number;
  path: bigint;
}

/** Reads the fields of one frame in order; anything that does not fit is a {@link Violation}. */
export class FieldReader {
  readonly frame: Buffer;
  #at = HEADER_BYTES;

  constructor(frame: Buffer) {
    this.frame = frame;
  }

  u8(): number {
    return this.frame.readUInt8(this.#advance(1));
  }

  u16(): number {
    return this.frame.readUInt16LE(this.#advance(2));
  }

  u32(): number {
    return this.frame.readUInt32LE(this.#advance(4));
  }

  u64(): bigint {
    return this.frame.readBigUInt64LE(this.#advance(8));
  }

  i64(): bigint {
    return this.frame.readBigInt64LE(this.#advance(8));
  }

  /** A string as bytes, one character per byte (latin1): names need not be UTF-8, and nothing may be lost. */
  text(): string {
    const length = this.u16();
    const start = this.#advance(length);
    return this.frame.toString('latin1', start, start + length);
  }

  bytes(length: number): Buffer {
    const start = this.#advance(length);
    return this.frame.subarray(start, start + length);
  }

  end(): void {
    if (this.#at !== this.frame.length) throw new Violation('a frame is longer than its fields');
  }

  #advance(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.frame.length) throw new Violation('a frame is shorter than its fields');
    this.#at = start + bytes;
    return start;
  }
}

/** Writes one answer; the tag is filled in by the connection. */
export class FieldWriter {
  readonly buffer: Buffer;
  #at = HEADER_BYTES;

  /** `capacity`: upper bound of the bytes after the header. */
  constructor(type: number, capacity: number) {
    this.buffer = Buffer.allocUnsafe(HEADER_BYTES + capacity);
    this.buffer[4] = type;
  }

  u8(value: number): this {
    this.#at = this.buffer.writeUInt8(value, this.#at);
    return this;
  }

  u16(value: number): this {
    this.#at = this.buffer.writeUInt16LE(value, this.#at);
    return this;
  }

  u32(value: number): this {
    this.#at = this.buffer.writeUInt32LE(value, this.#at);
    return this;
  }

  u64(value: bigint): this {
    this.#at = this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at);
    return this;
  }

  text(value: string): this {
    this.u16(value.length);
    this.#at += this.buffer.write(value, this.#at, 'latin1');
    return this;
  }

  qid(qid: Qid): this {
    return this.u8(qid.type).u32(qid.version).u64(qid.path);
  }

  /** Bytes written so far, header included. */
  get length(): number {
    return this.#at;
  }

  finish(): Buffer {
    return sealFrame(this.buffer.subarray(0, this.#at));
  }
}

export const emptyAnswer = (type: number): Buffer => new FieldWriter(type, 0).finish();

export const errorAnswer = (errno: number): Buffer => new FieldWriter(T.lerror + 1, 4).u32(errno).finish();

/** Puts a frame's own length into its first four bytes. */
export function sealFrame(frame: Buffer): Buffer {
  frame.writeUInt32LE(frame.length, 0);
  return frame;
}
