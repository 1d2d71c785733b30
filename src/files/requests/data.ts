/** Tread, Twrite and Tfsync: the bytes of open files, in libuv's thread pool, so that a slow disk holds up one file only. */
import { fdatasync, fstatSync, fsync as fsyncFile, read as readFile, write as writeFile } from 'node:fs';
import { EBADF, EFBIG, EINVAL, EISDIR, refuse } from '../errno.ts';
import type { OpenFile } from '../open-file.ts';
import type { Session } from '../session.ts';
import { emptyAnswer, FieldWriter, HEADER_BYTES, sealFrame, T } from '../wire.ts';
import type { Handler } from './handler.ts';

const COUNT_BYTES = 4;
const DATA_AT = HEADER_BYTES + COUNT_BYTES;
/** Asked for when the file's size tells nothing: files that seem empty (procfs) or are just growing. */
const BLIND_READ_BYTES = 4096;
const LARGEST_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);

export const read: Handler = (session, request) => {
  const number = request.u32();
  const offset = request.u64();
  const count = Math.min(request.u32(), session.messageBytes - DATA_AT);
  request.end();
  const file = dataFile(session, number);
  if (!file.canRead) refuse(EBADF);
  if (offset > LARGEST_OFFSET) refuse(EINVAL);
  return file.run(() => readAt(file, Number(offset), count));
};

function dataFile(session: Session, number: number): OpenFile {
  const { entry, open } = session.fid(number);
  if (!open) refuse(EBADF);
  if (entry.kind === 'directory') refuse(EISDIR);
  open.follow(entry);
  return open;
}

function readAt(file: OpenFile, offset: number, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Programs ask for far more than small files have: a buffer of the file's size costs less than one of the message's.
    const left = fstatSync(file.fd).size - offset;
    const wanted = Math.min(count, left > 0 ? left : BLIND_READ_BYTES);
    const frame = Buffer.allocUnsafe(DATA_AT + wanted);
    readFile(file.fd, frame, DATA_AT, wanted, offset, (error, bytes) => {
      if (error) return reject(error);
      frame[4] = T.read + 1;
      frame.writeUInt32LE(bytes, HEADER_BYTES);
      resolve(sealFrame(frame.subarray(0, DATA_AT + bytes)));
    });
  });
}

export const write: Handler = (session, request) => {
  const number = request.u32();
  const offset = request.u64();
  const data = request.bytes(request.u32());
  request.end();
  const file = dataFile(session, number);
  if (!file.canWrite) refuse(EBADF);
  if (offset > LARGEST_OFFSET) refuse(EFBIG);
  return file.run(() => writeAt(file, Number(offset), data));
};

function writeAt(file: OpenFile, offset: number, data: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    writeFile(file.fd, data, 0, data.length, offset, (error, bytes) => {
      if (error) reject(error);
      else resolve(new FieldWriter(T.write + 1, COUNT_BYTES).u32(bytes).finish());
    });
  });
}

export const fsync: Handler = (session, request) => {
  const file = session.opened(request.u32());
  const dataOnly = request.u32() !== 0;
  request.end();
  if (file.fd < 0) return emptyAnswer(T.fsync + 1);
  return file.run(
    () =>
      new Promise((resolve, reject) => {
        const synced = (error: Error | null) => (error ? reject(error) : resolve(emptyAnswer(T.fsync + 1)));
        if (dataOnly) fdatasync(file.fd, synced);
        else fsyncFile(file.fd, synced);
      }),
  );
};
