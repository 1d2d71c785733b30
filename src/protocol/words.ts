/** The closed sets of words of messages and tasks, without zod: readers of files check against these, and start fast. */

/** When a message acts: at the end of the turn, at the next tool boundary, or at once. */
export const PRIORITIES = ['note', 'steer', 'interrupt'] as const;

/** How far a message has come; each step implies the ones before it. */
export const MESSAGE_STATES = ['queued', 'delivered', 'seen', 'acked', 'undeliverable'] as const;

/** `message` was written by somebody; `report` is a turn's last text sent by the runtime; `notice` tells of an event. */
export const MESSAGE_KINDS = ['message', 'report', 'notice'] as const;

/** Largest text that a message holds itself, in bytes of UTF-8; a larger one is kept beside the inbox. */
export const MESSAGE_MAX_BYTES = 32 * 1024;

/** Largest text of a message at all. */
export const MESSAGE_BODY_MAX_BYTES = 512 * 1024;

/** Where a task is in its life. */
export const TASK_STATES = [
  'pending',
  'blocked',
  'in_progress',
  'review',
  'completed',
  'failed',
  'cancelled',
] as const;

/** What a task may ask for before it counts as completed. */
export const TASK_NEEDS = ['evidence', 'review'] as const;

/** Largest description, result or evidence of a task in bytes of UTF-8. */
export const TASK_TEXT_MAX_BYTES = 32 * 1024;
