import type { Machine } from '../vm/machine.ts';

/** A machine that stood by: restored before anybody needed it, and somebody's now. */
export interface Spare {
  readonly machine: Machine;
  /** Key of its template. */
  readonly template: string;
  readonly runtimeDir: string;
  /** Names who hears of the steps of its start from now on. */
  follow(onStep: (step: string) => void): void;
}

/** What one that stands by tells the supervisor once it can be claimed. */
export interface Ready {
  /** The process of its machine. */
  machine: number;
}

/** Whose keeper one that stands by is to be, in the supervisor's words. */
export interface Claim {
  agent: string;
  incarnation: number;
}
