import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { ensureFolder } from '../store/folders.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { withLock } from '../store/lock.ts';
import { ownIdentity } from '../store/process-identity.ts';
import { quarantine } from '../store/quarantine.ts';
import { RECORD_VERSION, type RecordHead } from '../store/record.ts';
import { fold, type Verdict } from './fold.ts';
import { parseTaskRecord, type TaskRecord } from './records.ts';
import type { TaskListOptions, Writer } from './requests.ts';
import { emptyList, type ListState } from './state.ts';

export const tasksFolder = (teamDir: string): string => join(teamDir, 'tasks');

/** A record without the head that every record has. */
export type Body<R extends TaskRecord = TaskRecord> = R extends TaskRecord ? Omit<R, keyof Head> : never;
type Head = Omit<RecordHead, 'type'>;

/** The journal of the list and its fold, as one process has them. */
export interface TaskJournal {
  /** Reads what is new and returns the list as it is now. Throws JOURNAL_UNREADABLE. */
  refresh(): ListState;
  /** Appends a record and says what became of it, by the order of the journal; what counts is on the disk. */
  commit(writer: Writer, body: Body): Promise<Verdict>;
  /** The same for changes that read before they write: `decide` runs under the list's lock. */
  commitLocked(writer: Writer, decide: (list: ListState, fence: string) => Body | Verdict): Promise<Verdict>;
  nextId(): Promise<string>;
}

export function openTaskJournal(teamDir: string, options: TaskListOptions): TaskJournal {
  const { clock = Date.now, ids, durable = true, isCurrent, lockTimeoutMs = 10_000 } = options;
  const folder = tasksFolder(teamDir);
  const file = join(folder, 'journal.jsonl');
  const journal = openJournal(file, { durable, folders: [folder] });
  const reader = openJournalReader(file, parseTaskRecord);
  let list = emptyList();
  /** Verdicts on the records of the last look, by id. */
  let verdicts = new Map<string, Verdict>();

  const refresh = (): ListState => {
    const tail = reader.read();
    if (tail.isReset) list = emptyList();
    if (options.isOwner) quarantine(join(folder, 'quarantine'), tail.malformed, options.onMalformed);
    verdicts = new Map(tail.records.map((record) => [record.id, fold(list, record)]));
    return list;
  };

  /** No await between the steps: nobody else in this process may look in between and take the verdict. */
  const write = (record: TaskRecord): Verdict => {
    journal.write(record);
    refresh();
    const verdict = verdicts.get(record.id);
    if (verdict === undefined) throw new Error(`record ${record.id} is not in ${file}`);
    return verdict;
  };

  const nextId = async () => (ids ?? (await loadIds()))();

  const toRecord = ({ by, incarnation }: Writer, id: string, body: Body): TaskRecord =>
    ({ v: RECORD_VERSION, id, at: new Date(clock()).toISOString(), by, incarnation, ...body }) as TaskRecord; // head and body make a record

  const assertCurrent = async ({ by, incarnation }: Writer) => {
    if (isCurrent === undefined || (await isCurrent(by, incarnation))) return;
    throw new CoworkError('STALE_WRITER', `Life ${incarnation} of ${by} is over; it can't change tasks.`);
  };

  const settled = async (verdict: Verdict): Promise<Verdict> => {
    if (verdict.counts) await journal.settle();
    return verdict;
  };

  const commit = async (writer: Writer, body: Body): Promise<Verdict> => {
    await assertCurrent(writer);
    const record = toRecord(writer, await nextId(), body);
    return settled(asTaskError(() => write(record)));
  };

  const commitLocked: TaskJournal['commitLocked'] = async (writer, decide) => {
    await assertCurrent(writer);
    ensureParent(folder);
    const verdict = await withLock(
      file,
      async ({ isHeld }) => {
        const fence = await nextId();
        const id = await nextId();
        asTaskError(() => write(toRecord(writer, fence, { type: 'locked', process: ownIdentity() })));
        const decided = decide(list, fence);
        if ('counts' in decided) return decided;
        // Manners; should it be taken from here on, the fence makes the fold refuse what we write.
        if (!isHeld()) return lockLost;
        return asTaskError(() => write(toRecord(writer, id, decided)));
      },
      { timeoutMs: lockTimeoutMs },
    );
    return settled(verdict);
  };

  return { refresh, commit, commitLocked, nextId };
}

const lockLost: Verdict = {
  ...{ counts: false, code: 'LOCK_LOST' },
  message: 'Somebody else has taken the lock of the task list; nothing was changed.',
};

function ensureParent(folder: string): void {
  asTaskError(() => ensureFolder(folder));
}

function asTaskError<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof CoworkError && error.code !== 'JOURNAL_NOT_WRITTEN') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('TASK_NOT_WRITTEN', `The task list was not changed. ${why}`, { cause: error });
  }
}
