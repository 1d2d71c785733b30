import { z } from 'zod';
import { TASK_STATES } from './words.ts';

export const TaskState = z.enum(TASK_STATES);
export type TaskState = z.infer<typeof TaskState>;

/** A task as `cowork tasks --json` and the task tools show it. */
export interface Task {
  /** `t1`, `t2` … in the order of creation. */
  id: string;
  subject: string;
  description: string;
  state: TaskState;
  /** Who has claimed it, or whom it is reserved for; null when anybody may take it. */
  owner: string | null;
  dependsOn: string[];
  result: string | null;
  evidence: string | null;
  /** Why it is in its state, where that needs words: `waits for t1`, `t2 failed`, `released: …`. */
  reason: string | null;
  /** ISO 8601 with milliseconds, UTC. */
  created: string;
  updated: string;
}

/** A task with its life so far, as `cowork tasks show ID --json` shows it. */
export interface TaskWithHistory extends Task {
  history: TaskEvent[];
}

/** One step in a task's life, as `cowork tasks show ID --json` adds them. */
export interface TaskEvent {
  at: string;
  /** Who did it: an agent's name, `user` or `team`. */
  by: string;
  /** `created`, `claimed`, `completed`, `failed`, `released`, `edited`, `cancelled`, `unblocked`, `refused` … */
  event: string;
  /** One line for people. */
  detail: string;
}
