import type { CoworkError } from '../protocol/errors.ts';
import type { Evidence, Task, TaskNeed, TaskState } from '../protocol/task.ts';
import type { Backend } from '../store/backend.ts';
import type { StoreOptions } from '../store/options.ts';

export interface TaskListOptions extends StoreOptions {
  /** Where it is kept; without it, as `team.json` says. */
  backend?: Backend;
  /** Whether this is the present life of a writer; asked before each change. Without it every life is. */
  isCurrent?: (by: string, incarnation: number) => boolean | Promise<boolean>;
  /** Whether this is the supervisor's, which alone sets malformed records aside in `tasks/quarantine/`. */
  isOwner?: boolean;
  /** How long a change waits for the list's lock, in milliseconds. */
  lockTimeoutMs?: number;
}

/** Who asks. */
export interface Writer {
  /** An agent's name, `user` or `team`. */
  by: string;
  /** Which life of it, from 1; 0 for `user` and `team`. */
  incarnation: number;
}

export interface CreateRequest extends Writer {
  subject: string;
  description?: string;
  dependsOn?: readonly string[];
  /** Reserves the task for one agent. */
  owner?: string | null;
  needs?: readonly TaskNeed[];
  /** Makes a repeat harmless: of all creations with one key by one writer the first counts. */
  key?: string;
}

export interface ClaimRequest extends Writer {
  /** Without it, the oldest task that is open for the writer. */
  id?: string;
}

export interface UpdateRequest extends Writer {
  id: string;
  /** `cancelled` is a cancellation, `pending` gives the task back. */
  state: TaskState;
  result?: string;
  evidence?: Evidence;
  /** With `pending`: whom it is kept for from then on. */
  owner?: string;
  /** The claim's token; looked up when the writer holds the task. */
  token?: string;
}

export interface EditRequest extends Writer {
  id: string;
  subject?: string;
  description?: string;
  dependsOn?: readonly string[];
  /** Reserves it for somebody else; null for anybody. */
  owner?: string | null;
  needs?: readonly TaskNeed[];
}

export interface ReleaseRequest extends Writer {
  id: string;
  reason: string;
  /** Whom it is kept for from then on. */
  owner?: string | null;
}

export interface CancelRequest extends Writer {
  id: string;
  reason: string;
  /** Whether what depends on it is cancelled with it, as it can never begin; true unless it is said. */
  cascade?: boolean;
}

export interface EndRequest {
  agent: string;
  /** The life that is over, with all before it. */
  incarnation: number;
  /** One line for people. */
  reason: string;
  /** Whether the agent is not coming back: what is reserved for it is then open to all. */
  isFinal?: boolean;
}

/** What became of a change: the task as it is now, or a refusal that can be shown or thrown as it is. */
export type Outcome = { ok: true; task: Task } | { ok: false; refusal: CoworkError };

export type ClaimOutcome =
  | { won: true; task: Task; token: string }
  | {
      won: false;
      /** `taken` by or reserved for `holder`; `blocked`; `closed`; `unknown` id; `none` is open; `stale` writer. */
      reason: 'taken' | 'blocked' | 'closed' | 'unknown' | 'none' | 'stale';
      holder: string | null;
      refusal: CoworkError;
    };
