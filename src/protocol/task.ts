import { z } from 'zod';
import { TASK_NEEDS, TASK_STATES } from './words.ts';

export const TaskState = z.enum(TASK_STATES);
export type TaskState = z.infer<typeof TaskState>;

export const TaskNeed = z.enum(TASK_NEEDS);
export type TaskNeed = z.infer<typeof TaskNeed>;

/** How one can see that a task is done: a sentence, or what can be checked. */
export const Evidence = z.union([
  z.string().max(16 * 1024),
  z.strictObject({
    command: z.string().min(1).max(4096).optional().describe('The command that shows it.'),
    exitCode: z.int().min(0).max(255).optional().describe('What the command exited with.'),
    artifact: z.string().min(1).max(4096).optional().describe('Path of the file that was made.'),
    note: z
      .string()
      .max(8 * 1024)
      .optional(),
  }),
]);
export type Evidence = z.infer<typeof Evidence>;

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
  evidence: Evidence | null;
  /** What it asks for before it counts as completed. */
  needs: TaskNeed[];
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
