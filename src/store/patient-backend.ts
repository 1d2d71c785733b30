import { setTimeout as delay } from 'node:timers/promises';
import { isUnreachable } from '../protocol/errors.ts';
import type { Backend, Cell, LogTail, RecordLog } from './backend.ts';
import type { RecordHead } from './record.ts';

export interface Patience {
  /** Longest wait for a server that can't be reached, in milliseconds. */
  forMs: number;
  /** Aborted when nobody waits any more. */
  signal: AbortSignal;
}

const PAUSE_MS = 500;

/**
 * A backend for who has nothing better to do than to wait while the server can't be reached: a keeper, whose agent stands still
 * meanwhile instead of being told that its mail was not sent. A record that was under way is looked for before it is written again,
 * so it counts once. Files never are unreachable: nothing changes for them.
 */
export function patientBackend(backend: Backend, patience: Patience): Backend {
  return {
    ...backend,
    log: (name, parse, options) => patientLog(backend.log(name, parse, options), patience),
    cell: (name) => patientCell(backend.cell(name), patience),
    inboxes: () => whenReachable(() => backend.inboxes(), patience),
    watch: (prefix, options) => backend.watch(prefix, options),
    orderly: (name, work, options) => backend.orderly(name, work, options),
    close: () => backend.close(),
  };
}

function patientLog<R extends RecordHead>(log: RecordLog<R>, patience: Patience): RecordLog<R> {
  /** Read while a record was looked for, and not handed over yet. */
  let pending: LogTail<R> | undefined;
  const withPending = (tail: LogTail<R>): LogTail<R> => {
    const whole = pending === undefined ? tail : join(pending, tail);
    pending = undefined;
    return whole;
  };
  const claim = async (record: R): Promise<LogTail<R>> => {
    let wasTried = false;
    return whenReachable(async () => {
      if (wasTried) {
        pending = withPending(await log.read());
        if (pending.records.some(({ id }) => id === record.id)) return takePending();
      }
      wasTried = true;
      return withPending(await log.claim(record));
    }, patience);
  };
  const takePending = (): LogTail<R> => {
    const tail = pending as LogTail<R>; // just set
    pending = undefined;
    return tail;
  };
  const sync = () => whenReachable(() => log.sync(), patience);
  return {
    claim,
    sync,
    read: () => whenReachable(async () => withPending(await log.read()), patience),
    append: async (record) => {
      pending = await claim(record);
      await sync();
    },
    bases: () => whenReachable(() => log.bases(), patience),
    saveBase: (base) => whenReachable(() => log.saveBase(base), patience),
  };
}

function patientCell(cell: Cell, patience: Patience): Cell {
  return {
    read: () => whenReachable(() => cell.read(), patience),
    settle: (value) => whenReachable(() => cell.settle(value), patience),
  };
}

/** Does it again until the server answers, or patience ends: then its error is the reason. */
async function whenReachable<T>(act: () => Promise<T>, { forMs, signal }: Patience): Promise<T> {
  const deadline = performance.now() + forMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isUnreachable(error) || performance.now() > deadline || signal.aborted) throw error;
    }
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined); // aborted: the last try says why
  }
}

function join<R>(first: LogTail<R>, then: LogTail<R>): LogTail<R> {
  if (then.isReset || then.base !== undefined) return then;
  const at = first.records.length;
  return {
    ...first,
    records: [...first.records, ...then.records],
    malformed: [...first.malformed, ...then.malformed],
    parts: [...first.parts, ...then.parts.map((part) => ({ ...part, at: part.at + at }))],
  };
}
