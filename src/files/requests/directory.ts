/** Treaddir: a directory as it was when its reading began, so that offsets mean the same from call to call. */
import { readdir as readNames } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { EBADF, EINVAL, ENOTDIR, refuse } from '../errno.ts';
import { held } from '../host.ts';
import type { OpenFile } from '../open-file.ts';
import type { Session } from '../session.ts';
import { type Entry, isSynthetic, type Tree } from '../tree.ts';
import { FieldWriter, HEADER_BYTES, type Qid, T } from '../wire.ts';
import type { Handler } from './handler.ts';

const COUNT_BYTES = 4;
/** Qid, offset, type and the length of the name. */
const ENTRY_BYTES = 13 + 8 + 1 + 2;
/** Entries looked at before others get their turn; some milliseconds. */
const ENTRIES_PER_TURN = 256;
const MODE_TO_TYPE = 12n;

export const readdir: Handler = (session, request) => {
  const number = request.u32();
  const offset = request.u64();
  const count = Math.min(request.u32(), session.messageBytes - HEADER_BYTES - COUNT_BYTES);
  request.end();
  const { entry, open } = session.fid(number);
  if (!open) refuse(EBADF);
  if (entry.kind !== 'directory') refuse(ENOTDIR);
  session.tree.acquire(entry);
  return open
    .run(() => readFrom(session, entry, open, Number(offset), count))
    .finally(() => session.tree.release(entry));
};

async function readFrom(
  session: Session,
  entry: Entry,
  open: OpenFile,
  offset: number,
  count: number,
): Promise<Buffer> {
  const answer = new FieldWriter(T.readdir + 1, COUNT_BYTES + count).u32(0);
  if (offset < open.end || offset === 0) {
    const names = await namesAt(session, entry, open, offset);
    const reached = await fill(session, entry, names, offset, answer);
    if (answer.length === HEADER_BYTES + COUNT_BYTES) {
      if (reached < names.length) refuse(EINVAL); // not even one entry has room
      open.end = offset;
      session.listings.forget(open);
    }
  }
  answer.buffer.writeUInt32LE(answer.length - HEADER_BYTES - COUNT_BYTES, HEADER_BYTES);
  return answer.finish();
}

async function namesAt(session: Session, entry: Entry, open: OpenFile, offset: number): Promise<string[]> {
  const known = session.listings.of(open);
  if (known && offset > 0) return known;
  open.end = Number.POSITIVE_INFINITY;
  const overlay = entry.mount?.overlay;
  const own = () => (overlay ? overlay.names(entry) : namesOf(open));
  const names = isSynthetic(entry) ? [...entry.children.keys()] : await own();
  names.unshift('.', '..');
  session.listings.keep(open, names);
  return names;
}

function namesOf(open: OpenFile): Promise<string[]> {
  return new Promise((resolve, reject) => {
    readNames(held(open.fd), { encoding: 'latin1' }, (error, names) =>
      error ? reject(error) : resolve(names),
    );
  });
}

/** Writes entries until the answer is full; the index of the first one that had no room. */
async function fill(
  session: Session,
  directory: Entry,
  names: readonly string[],
  offset: number,
  answer: FieldWriter,
): Promise<number> {
  for (let index = offset; index < names.length; index++) {
    const name = names[index] ?? '';
    if (answer.length + ENTRY_BYTES + name.length > answer.buffer.length) return index;
    const found = lookAt(session.tree, directory, name);
    // Removed since the reading began: as if it had never been there.
    if (found)
      answer
        .qid(found.qid)
        .u64(BigInt(index + 1))
        .u8(found.type)
        .text(name);
    if (index % ENTRIES_PER_TURN === ENTRIES_PER_TURN - 1) await turn();
  }
  return names.length;
}

function lookAt(tree: Tree, directory: Entry, name: string): { qid: Qid; type: number } | undefined {
  const entry = known(directory, name);
  const stats = entry ? tree.stats(entry) : tree.look(directory, name);
  if (!stats) return undefined;
  return { qid: tree.qid(entry ?? directory, stats), type: Number(stats.mode >> MODE_TO_TYPE) };
}

function known(directory: Entry, name: string): Entry | undefined {
  if (name === '.') return directory;
  if (name === '..') return directory.parent ?? directory;
  return isSynthetic(directory) ? directory.children.get(name) : undefined;
}
