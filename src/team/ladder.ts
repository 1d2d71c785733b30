/**
 * How an agent is stopped, step by step, and how long each step may take in milliseconds: it is asked, and finishes what
 * runs; is interrupted; saves its scratch folder; its machine is stopped, and then ended by force.
 */
export const LADDER = {
  finish: 5_000,
  interrupt: 2_500,
  save: 40_000,
  machine: 4_000,
} as const;

/** Longest time that a keeper takes for all of it. */
export const LADDER_MS = Object.values(LADDER).reduce((sum, ms) => sum + ms, 3_000);
/** Longest time that a team takes to leave, once all its keepers were asked. */
export const LEAVE_MS = LADDER_MS + 15_000;
/** How long a command waits for that. */
export const GONE_MS = LEAVE_MS + 15_000;
