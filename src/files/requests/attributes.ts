/** What a file is, apart from its bytes: Tgetattr, Tsetattr, Tstatfs, and the extended attributes that we do not have. */
import { type BigIntStats, chmodSync, ftruncateSync, statfsSync, truncateSync, utimesSync } from 'node:fs';
import { EBADF, EFBIG, EINVAL, EISDIR, EOPNOTSUPP, refuse } from '../errno.ts';
import { held } from '../host.ts';
import type { Fid } from '../session.ts';
import { type Entry, isSynthetic } from '../tree.ts';
import { emptyAnswer, type FieldReader, FieldWriter, T } from '../wire.ts';
import { after, type Handler } from './handler.ts';

const GETATTR_BYTES = 153;
const STATFS_BYTES = 60;
/** P9_STATS_BASIC and P9_STATS_BTIME: all that we answer. */
const GIVEN = 0xfffn;
const SET_ID = 0o6000n;
const PERMISSIONS = 0o1777;
const SET_GROUP_ID = 0o2000;
const NS = 1_000_000_000n;
/** Programs size their buffers by this: with the host's 4096, every 4 KiB of an fread would be a round trip. */
const BLOCK_BYTES = 65536n;
const V9FS_MAGIC = 0x01021997;
const LONGEST_NAME = 255;

/** Bits of Tsetattr's `valid`. Owner and group are accepted and change nothing: all files belong to the server's user. */
const SET = { mode: 0x1, size: 0x8, atime: 0x10, mtime: 0x20, atimeGiven: 0x80, mtimeGiven: 0x100 } as const;

export const getattr: Handler = (session, request) => {
  const { entry } = session.fid(request.u32());
  request.u64(); // what is asked for: we always answer all
  request.end();
  const stats = session.tree.stats(entry);
  const answer = new FieldWriter(T.getattr + 1, GETATTR_BYTES).u64(GIVEN).qid(session.tree.qid(entry, stats));
  // Owner and group 0: the guest's root may work with what the server's user may. No device numbers, no set-id bits.
  answer
    .u32(Number(stats.mode & ~SET_ID))
    .u32(0)
    .u32(0)
    .u64(stats.nlink)
    .u64(0n);
  answer.u64(stats.size).u64(BLOCK_BYTES).u64(stats.blocks);
  for (const time of [stats.atimeNs, stats.mtimeNs, stats.ctimeNs, stats.birthtimeNs]) {
    const nanoseconds = ((time % NS) + NS) % NS;
    answer.u64((time - nanoseconds) / NS).u64(nanoseconds);
  }
  return answer.u64(0n).u64(0n).finish();
};

interface Attributes {
  valid: number;
  mode: number;
  size: bigint;
  atimeNs: bigint;
  mtimeNs: bigint;
}

export const setattr: Handler = (session, request) => {
  const number = request.u32();
  const fid = session.fid(number);
  const wanted = readAttributes(request);
  request.end();
  const { entry } = fid;
  if (wanted.valid & SET.size && entry.kind !== 'file') refuse(entry.kind === 'directory' ? EISDIR : EINVAL);
  if (wanted.size > BigInt(Number.MAX_SAFE_INTEGER)) refuse(EFBIG);
  const kind = wanted.valid & SET.size ? 'write' : 'attributes';
  const done = session.change(kind, entry, () => {
    // A policy may have made us wait, and the descriptor of a fid given back meanwhile may be another file's by now.
    if (!session.holds(number, fid)) refuse(EBADF);
    apply(fid, session.tree.stats(entry), wanted);
  });
  return after(done, () => emptyAnswer(T.setattr + 1));
};

function readAttributes(request: FieldReader): Attributes {
  const valid = request.u32();
  const mode = request.u32();
  request.u32(); // owner
  request.u32(); // group
  const size = request.u64();
  const atimeNs = request.i64() * NS + request.u64();
  const mtimeNs = request.i64() * NS + request.u64();
  return { valid, mode, size: valid & SET.size ? size : 0n, atimeNs, mtimeNs };
}

function apply(
  { entry, open }: Fid,
  before: BigIntStats,
  { valid, mode, size, atimeNs, mtimeNs }: Attributes,
): void {
  const path = held(entry.fd);
  if (valid & SET.size) {
    // An open descriptor may cut a file that its mode would not let us open again.
    if (open?.canWrite) ftruncateSync(open.fd, Number(size));
    else truncateSync(path, Number(size));
  }
  if (valid & SET.mode) chmodSync(path, permissionsFor(entry, before, mode));
  else if (valid & SET.size && before.mode & SET_ID) chmodSync(path, Number(before.mode) & PERMISSIONS);
  if (valid & (SET.atime | SET.mtime)) {
    const now = performance.timeOrigin + performance.now();
    utimesSync(
      path,
      valid & SET.atime ? seconds(valid & SET.atimeGiven ? atimeNs : undefined, now) : UNCHANGED,
      valid & SET.mtime ? seconds(valid & SET.mtimeGiven ? mtimeNs : undefined, now) : UNCHANGED,
    );
  }
}

/** Set-id bits never come from a guest; a directory keeps the group bit that the host gave it. */
function permissionsFor(entry: Entry, before: BigIntStats, mode: number): number {
  const kept = entry.kind === 'directory' ? Number(before.mode) & SET_GROUP_ID : 0;
  return (mode & PERMISSIONS) | kept;
}

// libuv takes NaN for "leave this time as it is" (UTIME_OMIT), and Node lets NaN through only as a date.
const UNCHANGED = new Date(Number.NaN);

/** Seconds as Node takes them: a double, so a quarter of a microsecond is lost. */
const seconds = (ns: bigint | undefined, nowMs: number): number =>
  ns === undefined ? nowMs / 1000 : Number(ns / NS) + Number(ns % NS) / 1e9;

export const statfs: Handler = (session, request) => {
  const { entry } = session.fid(request.u32());
  request.end();
  const answer = new FieldWriter(T.statfs + 1, STATFS_BYTES).u32(V9FS_MAGIC);
  if (isSynthetic(entry)) {
    answer.u32(Number(BLOCK_BYTES));
    for (let field = 0; field < 6; field++) answer.u64(0n);
  } else {
    const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(held(entry.fd), { bigint: true });
    answer.u32(Number(bsize)).u64(blocks).u64(bfree).u64(bavail).u64(files).u64(ffree).u64(entry.dev);
  }
  return answer.u32(LONGEST_NAME).finish();
};

export const extendedAttributes: Handler = () => refuse(EOPNOTSUPP);
