import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import type { Backend, LogTail } from '../store/backend.ts';
import { loadIds } from '../store/ids.ts';
import { openBackend } from '../store/open-backend.ts';
import { ownIdentity } from '../store/process-identity.ts';
import { quarantine } from '../store/quarantine.ts';
import { RECORD_VERSION, type RecordHead } from '../store/record.ts';
import { createSerial } from '../store/serial.ts';
import { fromBase, type ListBase, toBase } from './base.ts';
import { fold, type Verdict } from './fold.ts';
import { parseTaskRecord, type TaskRecord } from './records.ts';
import type { TaskListOptions, Writer } from './requests.ts';
import { emptyList, type ListState } from './state.ts';

export const TASKS_LOG = 'tasks/journal.jsonl';
export const tasksFolder = (teamDir: string): string => join(teamDir, 'tasks');

/** A record without the head that every record has. */
export type Body<R extends TaskRecord = TaskRecord> = R extends TaskRecord ? Omit<R, keyof Head> : never;
type Head = Omit<RecordHead, 'type'>;

/** The journal of the list and its fold, as one process has them. */
export interface TaskJournal {
  /** Reads what is new and returns the list as it is now. Throws JOURNAL_UNREADABLE. */
  refresh(): Promise<ListState>;
  /** The list as it was at the last look, which may be old; the order of the journal decides what that is worth. */
  known(): ListState;
  /** Appends a record and says what became of it, by the order of the journal; what counts is on the disk. */
  commit(writer: Writer, body: Body): Promise<Verdict>;
  /** The same for changes that read before they write: `decide` runs while nobody else does the same. */
  commitLocked(writer: Writer, decide: (list: ListState, fence: string) => Body | Verdict): Promise<Verdict>;
  /** Keeps what full parts come to, so that nobody need read them again. */
  compact(): Promise<void>;
  watch: Backend['watch'];
  nextId(): Promise<string>;
}

/** How often a change is decided anew when somebody else changed the list in between. */
const ATTEMPTS = 5;

export function openTaskJournal(teamDir: string, options: TaskListOptions): TaskJournal {
  const { clock = Date.now, ids, isCurrent, lockTimeoutMs = 10_000 } = options;
  const backend = options.backend ?? openBackend(teamDir, { durable: options.durable });
  const log = backend.log(TASKS_LOG, parseTaskRecord);
  const inOrder = createSerial();
  let list = emptyList();
  let hasNewParts = true;

  /** Folds what is new; gives the verdicts on it by id. */
  const absorb = (tail: LogTail<TaskRecord>): Map<string, Verdict> => {
    if (tail.isReset) list = emptyList();
    if (tail.base !== undefined) list = fromBase(tail.base.revision, tail.base.state as ListBase); // `compact` saved it
    if (tail.parts.length > 0) hasNewParts = true;
    if (options.isOwner) {
      quarantine(join(tasksFolder(teamDir), 'quarantine'), tail.malformed, options.onMalformed);
    }
    return new Map(tail.records.map((record) => [record.id, fold(list, record)]));
  };

  const refresh = (): Promise<ListState> =>
    inOrder(async () => {
      absorb(await log.read());
      return list;
    });

  const write = (record: TaskRecord): Promise<Verdict> =>
    inOrder(async () => {
      const verdict = absorb(await log.claim(record)).get(record.id);
      if (verdict === undefined) throw new Error(`record ${record.id} is not in the task list`);
      return verdict;
    });

  const nextId = async () => (ids ?? (await loadIds()))();

  const toRecord = ({ by, incarnation }: Writer, id: string, body: Body): TaskRecord =>
    ({ v: RECORD_VERSION, id, at: new Date(clock()).toISOString(), by, incarnation, ...body }) as TaskRecord; // head and body make a record

  const assertCurrent = async ({ by, incarnation }: Writer) => {
    if (isCurrent === undefined || (await isCurrent(by, incarnation))) return;
    throw new CoworkError('STALE_WRITER', `Life ${incarnation} of ${by} is over; it can't change tasks.`);
  };

  const settled = async (verdict: Verdict): Promise<Verdict> => {
    if (verdict.counts) await asTaskError(() => log.sync());
    return verdict;
  };

  const commit = async (writer: Writer, body: Body): Promise<Verdict> => {
    await assertCurrent(writer);
    const record = toRecord(writer, await nextId(), body);
    return settled(await asTaskError(() => write(record)));
  };

  const decideOnce = async (
    writer: Writer,
    decide: (list: ListState, fence: string) => Body | Verdict,
    isHeld: () => boolean,
  ): Promise<Verdict> => {
    const fence = await nextId();
    const id = await nextId();
    await asTaskError(() => write(toRecord(writer, fence, { type: 'locked', process: ownIdentity() })));
    const decided = decide(list, fence);
    if ('counts' in decided) return decided;
    // Manners; should it be taken from here on, the fence makes the fold refuse what we write.
    if (!isHeld()) return lockLost;
    return asTaskError(() => write(toRecord(writer, id, decided)));
  };

  const commitLocked: TaskJournal['commitLocked'] = async (writer, decide) => {
    await assertCurrent(writer);
    const verdict = await asTaskError(() =>
      backend.orderly(
        TASKS_LOG,
        async (isHeld) => {
          for (let attempt = 1; ; attempt++) {
            const verdict = await decideOnce(writer, decide, isHeld);
            // Somebody was in between whom this kind of lock does not keep out (another host): decide on what is now.
            const isCrossed = !verdict.counts && verdict.code === 'LOCK_LOST' && isHeld();
            if (!isCrossed || attempt === ATTEMPTS) return verdict;
          }
        },
        { timeoutMs: lockTimeoutMs },
      ),
    );
    return settled(verdict);
  };

  /**
   * Under the lock, from what is on the disk alone: the parts that are full never change again, so two who both think that
   * they have the lock write the same. A base that is there already, of that revision or a later one, is left.
   */
  const compact = async () => {
    if (!hasNewParts) return;
    await backend.orderly(
      TASKS_LOG,
      async (isHeld) => {
        const whole = backend.log(TASKS_LOG, parseTaskRecord);
        const { records, parts, base } = await whole.read();
        const folded = base === undefined ? emptyList() : fromBase(base.revision, base.state as ListBase);
        let next = 0;
        for (const { part, at } of parts) {
          for (; next < at; next++) fold(folded, records[next] as TaskRecord); // `at` is within `records`
          if (!isHeld()) return;
          await whole.saveBase({ part, revision: folded.revision, state: toBase(folded) });
        }
        hasNewParts = false;
      },
      { timeoutMs: lockTimeoutMs },
    );
  };

  return { refresh, known: () => list, commit, commitLocked, compact, nextId, watch: backend.watch };
}

const lockLost: Verdict = {
  ...{ counts: false, code: 'LOCK_LOST' },
  message: 'Somebody else has taken the lock of the task list; nothing was changed.',
};

async function asTaskError<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CoworkError && error.code !== 'JOURNAL_NOT_WRITTEN') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('TASK_NOT_WRITTEN', `The task list was not changed. ${why}`, { cause: error });
  }
}
