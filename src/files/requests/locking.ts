/** Tlock and Tgetlock: POSIX record locks between the clients of this server. */
import { EINVAL, refuse } from '../errno.ts';
import { type Lock, lastByte } from '../locks.ts';
import type { Session } from '../session.ts';
import { type FieldReader, FieldWriter, T } from '../wire.ts';
import type { Handler } from './handler.ts';

const EXCLUSIVE = 1;
const UNLOCK = 2;
const SUCCESS = 0;
const BLOCKED = 1;
const LONGEST_CLIENT_ID = 256;

interface LockRequest {
  file: string;
  type: number;
  lock: Lock;
}

function readLock(session: Session, request: FieldReader, hasFlags: boolean): LockRequest {
  const number = request.u32();
  const type = request.u8();
  if (hasFlags) request.u32(); // whether the client will wait: it asks again, we never do
  const start = request.u64();
  const length = request.u64();
  const processId = request.u32();
  const clientId = request.text();
  request.end();
  const { entry } = session.fid(number);
  const through = session.opened(number);
  if (type > UNLOCK || clientId.length > LONGEST_CLIENT_ID) refuse(EINVAL);
  const owner = `${session.id}/${processId}/${clientId}`;
  const range = { start, end: lastByte(start, length) };
  return {
    file: `${entry.dev}:${entry.ino}`,
    type,
    lock: { through, owner, processId, clientId, exclusive: type === EXCLUSIVE, ...range },
  };
}

export const lock: Handler = (session, request) => {
  const { file, type, lock } = readLock(session, request, true);
  let status = SUCCESS;
  if (type === UNLOCK) session.locks.release(file, lock);
  else if (!session.locks.take(file, lock)) status = BLOCKED;
  return new FieldWriter(T.lock + 1, 1).u8(status).finish();
};

export const getlock: Handler = (session, request) => {
  const { file, lock: wanted } = readLock(session, request, false);
  const found = session.locks.conflict(file, wanted);
  const { exclusive, start, end, processId, clientId } = found ?? wanted;
  const type = found ? (exclusive ? EXCLUSIVE : 0) : UNLOCK;
  const length = end === lastByte(start, 0n) ? 0n : end - start + 1n;
  const answer = new FieldWriter(T.getlock + 1, 23 + clientId.length).u8(type).u64(start).u64(length);
  return answer.u32(processId).text(clientId).finish();
};
