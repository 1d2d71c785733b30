/** Attach, walk, clunk: how a client comes by its fids and gives them back. */
import { EINVAL, ENOENT, EOPNOTSUPP, refuse, Violation } from '../errno.ts';
import type { Session } from '../session.ts';
import type { Entry, Found } from '../tree.ts';
import { emptyAnswer, FieldWriter, NO_FID, type Qid, T } from '../wire.ts';
import type { Handler } from './handler.ts';

const MOST_WALK_NAMES = 16;
const QID_BYTES = 13;

export const auth: Handler = () => refuse(EOPNOTSUPP);

export const attach: Handler = (session, request) => {
  const fid = request.u32();
  const authentication = request.u32();
  request.text(); // user name: who speaks is known by the wire
  const subtree = request.text();
  request.u32(); // user number
  request.end();
  if (authentication !== NO_FID) refuse(EINVAL);
  if (subtree !== '' && subtree !== '/') refuse(ENOENT);
  session.checkFree(fid);
  const { tree } = session;
  session.addFid(fid, tree.acquire(tree.root));
  return new FieldWriter(T.attach + 1, QID_BYTES).qid(tree.qids.synthetic(0)).finish();
};

export const walk: Handler = (session, request) => {
  const from = request.u32();
  const to = request.u32();
  const count = request.u16();
  if (count > MOST_WALK_NAMES) throw new Violation(`a walk of ${count} names`);
  const names = Array.from({ length: count }, () => request.text());
  request.end();
  const source = session.fid(from);
  if (to !== from) session.checkFree(to);
  else if (source.open) refuse(EINVAL);
  const { entry, qids } = follow(session, source.entry, names);
  const answer = new FieldWriter(T.walk + 1, 2 + QID_BYTES * qids.length).u16(qids.length);
  for (const qid of qids) answer.qid(qid);
  if (!entry) return answer.finish();
  if (to === from) session.removeFid(from); // not open, so there is nothing to wait for
  session.addFid(to, entry);
  return answer.finish();
};

/** Walks as far as it goes; the entry, referred to, only when that was all the way. Refused when not even the first step works. */
function follow(session: Session, from: Entry, names: readonly string[]): { entry?: Entry; qids: Qid[] } {
  const { tree } = session;
  const qids: Qid[] = [];
  let at = tree.acquire(from);
  for (const name of names) {
    let found: Found;
    try {
      found = tree.child(at, name);
    } catch (error) {
      if (qids.length === 0) throw error;
      return { qids };
    } finally {
      tree.release(at);
    }
    at = found.entry;
    qids.push(tree.qid(at, found.stats));
  }
  return { entry: at, qids };
}

export const clunk: Handler = (session, request) => {
  const fid = request.u32();
  request.end();
  const closing = session.removeFid(fid);
  return closing ? closing.then(() => emptyAnswer(T.clunk + 1)) : emptyAnswer(T.clunk + 1);
};
