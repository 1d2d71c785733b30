/** A raw 9P2000.L client for tests: what the guest's kernel would send, and what only an attacker would. */
import type { Duplex } from 'node:stream';
import { FrameSplitter } from '../../src/files/frames.ts';
import { FieldReader, HEADER_BYTES, NO_FID, NO_TAG, T } from '../../src/files/wire.ts';

export { T } from '../../src/files/wire.ts';

/** Rlerror as an exception. */
export class RemoteError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`the server answered error ${errno}`);
    this.errno = errno;
  }
}

/** Fields of a request: what each type is on the wire is told by its wrapper. */
export const u8 = (value: number): Buffer => Buffer.from([value]);
export const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
export const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
};
export const u64 = (value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return buffer;
};
export const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u16(bytes.length), bytes]);
};

export function frame(type: number, tag: number, ...fields: Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  return Buffer.concat([u32(HEADER_BYTES + body.length), u8(type), u16(tag), body]);
}

export interface Attributes {
  qidType: number;
  ino: bigint;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  size: number;
  atimeNs: bigint;
  mtimeNs: bigint;
}

export interface DirectoryEntry {
  name: string;
  offset: bigint;
  type: number;
  ino: bigint;
}

export const O = {
  rdonly: 0,
  wronly: 1,
  rdwr: 2,
  creat: 0o100,
  excl: 0o200,
  trunc: 0o1000,
  append: 0o2000,
} as const;
export const SET = {
  mode: 1,
  uid: 2,
  gid: 4,
  size: 8,
  atime: 16,
  mtime: 32,
  atimeGiven: 128,
  mtimeGiven: 256,
} as const;
const ROOT = 0;

export class Client {
  readonly stream: Duplex;
  messageBytes = 8192;
  #tag = 0;
  #fid = ROOT;
  readonly #waiting = new Map<
    number,
    { resolve(answer: FieldReader): void; reject(error: Error): void; type: number }
  >();

  private constructor(stream: Duplex) {
    this.stream = stream;
    const splitter = new FrameSplitter(16 << 20);
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      for (const answer of splitter.split(chunk)) this.#take(answer);
    });
    stream.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the server ended the connection'));
      this.#waiting.clear();
    });
  }

  static raw(stream: Duplex): Client {
    return new Client(stream);
  }

  /** Agrees on a version and attaches fid 0 to the root. */
  static async connect(stream: Duplex, messageBytes = 262_144): Promise<Client> {
    const client = new Client(stream);
    await client.version(messageBytes);
    await client.request(T.attach, u32(ROOT), u32(NO_FID), text('root'), text(''), u32(0));
    return client;
  }

  async version(messageBytes: number, protocol = '9P2000.L'): Promise<string> {
    const answer = await this.send(NO_TAG, T.version, u32(messageBytes), text(protocol));
    this.messageBytes = answer.u32();
    return answer.text();
  }

  request(type: number, ...fields: Buffer[]): Promise<FieldReader> {
    do this.#tag = (this.#tag + 1) % NO_TAG;
    while (this.#waiting.has(this.#tag));
    return this.send(this.#tag, type, ...fields);
  }

  send(tag: number, type: number, ...fields: Buffer[]): Promise<FieldReader> {
    if (this.stream.destroyed) return Promise.reject(new Error('the server ended the connection'));
    const answer = new Promise<FieldReader>((resolve, reject) => {
      this.#waiting.set(tag, { resolve, reject, type });
    });
    this.stream.write(frame(type, tag, ...fields));
    return answer;
  }

  #take(answer: Buffer): void {
    const tag = answer.readUInt16LE(5);
    const waiting = this.#waiting.get(tag);
    if (!waiting) return;
    this.#waiting.delete(tag);
    const reader = new FieldReader(answer);
    if (answer[4] === T.lerror + 1) waiting.reject(new RemoteError(reader.u32()));
    else if (answer[4] === waiting.type + 1) waiting.resolve(reader);
    else waiting.reject(new Error(`answer of type ${answer[4]} to a request of type ${waiting.type}`));
  }

  /** A new fid at a path from the root, or from `from`; walks at most 16 names at a time as the kernel does. */
  async walk(path: string, from = ROOT): Promise<number> {
    const names = path.split('/').filter((name) => name !== '');
    const fid = ++this.#fid;
    let at = from;
    do {
      const some = names.splice(0, 16);
      const answer = await this.request(T.walk, u32(at), u32(fid), u16(some.length), ...some.map(text));
      if (answer.u16() < some.length) {
        if (at === fid) await this.clunk(fid);
        throw new RemoteError(2);
      }
      at = fid;
    } while (names.length > 0);
    return fid;
  }

  async with<R>(path: string, use: (fid: number) => Promise<R>): Promise<R> {
    const fid = await this.walk(path);
    try {
      return await use(fid);
    } finally {
      await this.clunk(fid);
    }
  }

  /** As {@link with}, for the directory of a path, with the last name. */
  inParent<R>(path: string, use: (directory: number, name: string) => Promise<R>): Promise<R> {
    const slash = path.lastIndexOf('/');
    return this.with(path.slice(0, Math.max(slash, 0)), (fid) => use(fid, path.slice(slash + 1)));
  }

  async clunk(fid: number): Promise<void> {
    await this.request(T.clunk, u32(fid));
  }

  async open(path: string, flags: number = O.rdonly): Promise<number> {
    const fid = await this.walk(path);
    try {
      await this.lopen(fid, flags);
      return fid;
    } catch (error) {
      await this.clunk(fid);
      throw error;
    }
  }

  async lopen(fid: number, flags: number): Promise<void> {
    await this.request(T.lopen, u32(fid), u32(flags));
  }

  /** Creates and opens; the kernel does the same: a fid of the directory becomes the file. */
  async create(path: string, flags: number = O.rdwr | O.creat | O.excl, mode = 0o644): Promise<number> {
    const slash = path.lastIndexOf('/');
    const fid = await this.walk(path.slice(0, Math.max(slash, 0)));
    try {
      await this.request(T.lcreate, u32(fid), text(path.slice(slash + 1)), u32(flags), u32(mode), u32(0));
      return fid;
    } catch (error) {
      await this.clunk(fid);
      throw error;
    }
  }

  async read(fid: number, offset: number | bigint, count: number): Promise<Buffer> {
    const answer = await this.request(T.read, u32(fid), u64(offset), u32(count));
    return answer.bytes(answer.u32());
  }

  async write(fid: number, offset: number | bigint, data: Buffer | string): Promise<number> {
    const bytes = Buffer.from(data);
    return (await this.request(T.write, u32(fid), u64(offset), u32(bytes.length), bytes)).u32();
  }

  async readFile(path: string): Promise<Buffer> {
    const fid = await this.open(path);
    const parts: Buffer[] = [];
    let offset = 0;
    for (;;) {
      const part = await this.read(fid, offset, this.messageBytes - 24);
      if (part.length === 0) break;
      parts.push(part);
      offset += part.length;
    }
    await this.clunk(fid);
    return Buffer.concat(parts);
  }

  async writeFile(path: string, data: Buffer | string, mode = 0o644): Promise<void> {
    const bytes = Buffer.from(data);
    const fid = await this.create(path, O.wronly | O.creat | O.trunc, mode);
    const most = this.messageBytes - 24;
    for (let offset = 0; offset < bytes.length; offset += most) {
      await this.write(fid, offset, bytes.subarray(offset, offset + most));
    }
    await this.clunk(fid);
  }

  async getattr(fid: number): Promise<Attributes> {
    const answer = await this.request(T.getattr, u32(fid), u64(0x7ff));
    answer.u64();
    const qidType = answer.u8();
    answer.u32();
    const ino = answer.u64();
    const [mode, uid, gid] = [answer.u32(), answer.u32(), answer.u32()];
    const nlink = Number(answer.u64());
    answer.u64();
    const size = Number(answer.u64());
    answer.u64();
    answer.u64();
    const atimeNs = answer.i64() * 1_000_000_000n + answer.u64();
    const mtimeNs = answer.i64() * 1_000_000_000n + answer.u64();
    return { qidType, ino, mode, uid, gid, nlink, size, atimeNs, mtimeNs };
  }

  stat(path: string): Promise<Attributes> {
    return this.with(path, (fid) => this.getattr(fid));
  }

  async setattr(
    fid: number,
    valid: number,
    to: { mode?: number; size?: number | bigint; atimeNs?: bigint; mtimeNs?: bigint } = {},
  ): Promise<void> {
    const time = (ns = 0n) => [u64(ns / 1_000_000_000n), u64(ns % 1_000_000_000n)];
    const fields = [u32(fid), u32(valid), u32(to.mode ?? 0), u32(1000), u32(1000), u64(to.size ?? 0)];
    await this.request(T.setattr, ...fields, ...time(to.atimeNs), ...time(to.mtimeNs));
  }

  mkdir(path: string, mode = 0o755): Promise<unknown> {
    return this.inParent(path, (fid, name) => this.request(T.mkdir, u32(fid), text(name), u32(mode), u32(0)));
  }

  symlink(path: string, target: string): Promise<unknown> {
    return this.inParent(path, (fid, name) =>
      this.request(T.symlink, u32(fid), text(name), text(target), u32(0)),
    );
  }

  async readlink(path: string): Promise<string> {
    return this.with(path, async (fid) => (await this.request(T.readlink, u32(fid))).text());
  }

  link(from: string, to: string): Promise<unknown> {
    return this.with(from, (fid) =>
      this.inParent(to, (directory, name) => this.request(T.link, u32(directory), u32(fid), text(name))),
    );
  }

  rename(from: string, to: string): Promise<unknown> {
    return this.inParent(from, (old, oldName) =>
      this.inParent(to, (fid, name) =>
        this.request(T.renameat, u32(old), text(oldName), u32(fid), text(name)),
      ),
    );
  }

  unlink(path: string): Promise<unknown> {
    return this.inParent(path, (fid, name) => this.request(T.unlinkat, u32(fid), text(name), u32(0)));
  }

  rmdir(path: string): Promise<unknown> {
    return this.inParent(path, (fid, name) => this.request(T.unlinkat, u32(fid), text(name), u32(0x200)));
  }

  async readdirAt(fid: number, offset: bigint, count = this.messageBytes - 11): Promise<DirectoryEntry[]> {
    const answer = await this.request(T.readdir, u32(fid), u64(offset), u32(count));
    const length = answer.u32();
    const entries: DirectoryEntry[] = [];
    const end = HEADER_BYTES + 4 + length;
    let at = HEADER_BYTES + 4;
    while (at < end) {
      answer.u8();
      answer.u32();
      const ino = answer.u64();
      const next = answer.u64();
      const type = answer.u8();
      const raw = answer.text();
      at += 24 + raw.length;
      entries.push({ name: Buffer.from(raw, 'latin1').toString(), offset: next, type, ino });
    }
    return entries;
  }

  async readdir(path: string, count?: number): Promise<DirectoryEntry[]> {
    const fid = await this.open(path);
    const all: DirectoryEntry[] = [];
    for (;;) {
      const some = await this.readdirAt(fid, all.at(-1)?.offset ?? 0n, count);
      if (some.length === 0) break;
      all.push(...some);
    }
    await this.clunk(fid);
    return all;
  }

  /** Names without `.` and `..`, sorted. */
  async names(path: string): Promise<string[]> {
    const entries = await this.readdir(path);
    return entries
      .map(({ name }) => name)
      .filter((name) => name !== '.' && name !== '..')
      .sort();
  }
}
