import { isDeepStrictEqual } from 'node:util';
import { CoworkError } from '../protocol/errors.ts';
import type { Task, TaskState, TaskWithHistory } from '../protocol/task.ts';
import { TASK_TEXT_MAX_BYTES } from '../protocol/words.ts';
import { claimTask } from './claim.ts';
import type { Verdict } from './fold.ts';
import { type Body, openTaskJournal } from './journal.ts';
import type { CreateRecord, EditRecord, UpdateRecord } from './records.ts';
import type {
  CancelRequest,
  ClaimOutcome,
  ClaimRequest,
  CreateRequest,
  EditRequest,
  EndRequest,
  Outcome,
  ReleaseRequest,
  TaskListOptions,
  UpdateRequest,
} from './requests.ts';
import { type ListState, ownerOf, type Settled, showTask } from './state.ts';
import { findTroubles, type Trouble } from './troubles.ts';

export type * from './requests.ts';
export type { Settled } from './state.ts';
export type { Trouble } from './troubles.ts';

export interface TaskList {
  /** Adds a task. A repeat of a key gives the first. Throws TASK_INVALID, TASK_UNKNOWN, STALE_WRITER, LOCK_TIMEOUT, TASK_NOT_WRITTEN. */
  create(request: CreateRequest): Promise<Task>;
  /** Claims a task, waiting for nobody: an append, and the order of the journal says who was first. */
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Moves a claimed task on. A repeat of what is so already is fine. */
  update(request: UpdateRequest): Promise<Outcome>;
  edit(request: EditRequest): Promise<Outcome>;
  /** Takes a task from its holder, or opens a failed one again; `owner` says whom it is kept for. */
  release(request: ReleaseRequest): Promise<Outcome>;
  /** Ends a task undone, and with it what depends on it, unless `cascade` is false: then that stays blocked and says why. */
  cancel(request: CancelRequest): Promise<Outcome>;
  /** Writes that a life of an agent is over: its tasks are open again, nothing it still writes counts. Gives their ids. */
  releaseIncarnation(request: EndRequest): Promise<string[]>;
  list(filter?: { state?: TaskState | undefined; owner?: string | undefined }): Promise<Task[]>;
  /** Throws TASK_UNKNOWN. */
  get(id: string): Promise<TaskWithHistory>;
  /** Who holds a task now, with its token; for whoever resumes its holder. */
  held(by: string, incarnation: number): Promise<{ task: Task; token: string }[]>;
  /** What was completed, failed, cancelled or put to review after a revision (0: ever), and the revision to ask from next time. */
  eventsSince(revision: number): Promise<{ revision: number; events: Settled[] }>;
  /** Tasks that one attempt after the other fails at; for the supervisor. */
  troubles(): Promise<Trouble[]>;
  /** Keeps what full parts of the journal come to, so that nobody need read them again; for the supervisor. */
  compact(): Promise<void>;
  /** Yields at the start, and whenever the list may have changed. */
  watch(options: { signal: AbortSignal; rescanMs?: number }): AsyncGenerator<void, void>;
}

/** Opens the task list of a team. Nothing is written before something is changed. */
export function openTaskList(teamDir: string, options: TaskListOptions = {}): TaskList {
  const journal = openTaskJournal(teamDir, options);
  const crowd = { size: 0 };

  const toOutcome = (id: string, verdict: Verdict): Outcome => {
    if (!verdict.counts) return { ok: false, refusal: new CoworkError(verdict.code, verdict.message) };
    return { ok: true, task: taskOf(journal.known(), id) };
  };

  const create = async (request: CreateRequest): Promise<Task> => {
    const { subject, description = '', dependsOn = [], owner = null, needs = [], key } = request;
    if (subject.trim() === '') throw new CoworkError('TASK_INVALID', 'A task needs a subject.');
    assertSizes({ subject, description });
    const body: Body<CreateRecord> = {
      ...{ type: 'create', subject, description, dependsOn: [...dependsOn], owner },
      ...(needs.length === 0 ? {} : { needs: [...needs] }),
      ...(key === undefined ? {} : { key }),
    };
    const verdict =
      dependsOn.length === 0
        ? await journal.commit(request, body)
        : await journal.commitLocked(request, (_, fence) => ({ ...body, fence }));
    if (!verdict.counts) throw new CoworkError(verdict.code, verdict.message);
    return taskOf(journal.known(), verdict.tasks[0] ?? '');
  };

  const update = async (request: UpdateRequest): Promise<Outcome> => {
    const { id, by, incarnation, state, result, evidence } = request;
    if (state === 'pending' && request.owner !== undefined) return handOver(request, request.owner);
    if (state === 'cancelled') return cancel({ by, incarnation, id, reason: result ?? `by ${by}` });
    assertSizes({ result, evidence: typeof evidence === 'object' ? JSON.stringify(evidence) : evidence });
    const entry = (await journal.refresh()).entries.get(id);
    const isMine = entry?.claim?.by === by && entry.claim.incarnation === incarnation;
    if (isMine && entry.state === state && isSaid(entry, request)) {
      return { ok: true, task: taskOf(journal.known(), id) };
    }
    const body: Body<UpdateRecord> = {
      ...{
        type: 'update',
        task: id,
        state,
        token: request.token ?? (isMine ? entry.claim?.token : null) ?? null,
      },
      ...(result === undefined ? {} : { result }),
      ...(evidence === undefined ? {} : { evidence }),
    };
    return toOutcome(id, await journal.commit(request, body));
  };

  const edit = async (request: EditRequest): Promise<Outcome> => {
    const { id, subject, description, dependsOn, owner, needs } = request;
    if (subject?.trim() === '') throw new CoworkError('TASK_INVALID', 'A task needs a subject.');
    assertSizes({ subject, description });
    const changes: Omit<Body<EditRecord>, 'type' | 'task' | 'fence'> = {
      ...(subject === undefined ? {} : { subject }),
      ...(description === undefined ? {} : { description }),
      ...(dependsOn === undefined ? {} : { dependsOn: [...dependsOn] }),
      ...(owner === undefined ? {} : { owner }),
      ...(needs === undefined ? {} : { needs: [...needs] }),
    };
    const verdict = await journal.commitLocked(request, (_, fence) => ({
      ...{ type: 'edit', task: id, fence },
      ...changes,
    }));
    return toOutcome(id, verdict);
  };

  const release = async (request: ReleaseRequest): Promise<Outcome> => {
    const { id: task, reason, owner } = request;
    const fields = { task, reason, ...(owner === undefined ? {} : { owner }) };
    const decide = (_: ListState, fence: string) => ({ type: 'release', ...fields, fence }) as const;
    return toOutcome(task, await journal.commitLocked(request, decide));
  };

  const cancel = async (request: CancelRequest): Promise<Outcome> => {
    const { id: task, reason, cascade = true } = request;
    const decide = (_: ListState, fence: string) =>
      ({ type: 'cancel', task, reason, fence, ...(cascade ? { cascade } : {}) }) as const;
    return toOutcome(task, await journal.commitLocked(request, decide));
  };

  /** From one agent to another, in one record, so that nobody else gets it in between. */
  const handOver = async (request: UpdateRequest, owner: string): Promise<Outcome> => {
    const { by, incarnation, id, result } = request;
    return release({ by, incarnation, id, owner, reason: result ?? `given to ${owner} by ${by}` });
  };

  const releaseIncarnation = async ({ agent, incarnation, reason, isFinal = false }: EndRequest) => {
    const team = { by: 'team', incarnation: 0 };
    const verdict = await journal.commit(team, { type: 'ended', agent, upTo: incarnation, reason, isFinal });
    if (!verdict.counts) throw new CoworkError(verdict.code, verdict.message);
    return verdict.tasks;
  };

  return {
    create,
    claim: (request): Promise<ClaimOutcome> => claimTask(journal, request, crowd),
    update,
    edit,
    release,
    cancel,
    releaseIncarnation,
    list: async ({ state, owner } = {}) => {
      const list = await journal.refresh();
      return list.order
        .filter((entry) => state === undefined || entry.state === state)
        .filter((entry) => owner === undefined || ownerOf(entry) === owner)
        .map((entry) => showTask(list, entry));
    },
    get: async (id) => {
      const list = await journal.refresh();
      const task = taskOf(list, id);
      return { ...task, history: [...(list.entries.get(id)?.history ?? [])] };
    },
    held: async (by, incarnation) => {
      const list = await journal.refresh();
      return list.order.flatMap((entry) =>
        entry.state === 'in_progress' && entry.claim?.by === by && entry.claim.incarnation === incarnation
          ? [{ task: showTask(list, entry), token: entry.claim.token }]
          : [],
      );
    },
    eventsSince: async (revision) => {
      const list = await journal.refresh();
      return { revision: list.revision, events: list.settled.filter(({ place }) => place > revision) };
    },
    troubles: async () => findTroubles(await journal.refresh()),
    compact: () => journal.compact(),
    watch: (watching) => journal.watch('tasks', watching),
  };
}

function taskOf(list: ListState, id: string): Task {
  const entry = list.entries.get(id);
  if (entry === undefined) throw new CoworkError('TASK_UNKNOWN', `There is no task ${id}.`);
  return showTask(list, entry);
}

function isSaid(entry: Pick<Task, 'result' | 'evidence'>, { result, evidence }: UpdateRequest): boolean {
  return (
    (result === undefined || result === entry.result) &&
    (evidence === undefined || isDeepStrictEqual(evidence, entry.evidence))
  );
}

function assertSizes(texts: Record<string, string | undefined>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || Buffer.byteLength(text) <= TASK_TEXT_MAX_BYTES) continue;
    throw new CoworkError('TASK_INVALID', `The ${name} is over ${TASK_TEXT_MAX_BYTES} bytes.`);
  }
}
