import type { Duplex } from 'node:stream';
import type { DeletionGuard } from '../files/changes/deletion-guard.ts';
import type { FileEvent, Grant } from '../files/grant.ts';
import type { TeamRecord } from '../team/team.ts';
import type { Pause } from '../vm/pause.ts';
import type { DeletionStop } from './grant-files.ts';
import type { ServedGrant } from './grant-paths.ts';
import type { Spare } from './spare.ts';

/** What carries an agent: a virtual machine, or a process of the host. */
export interface Body extends AsyncDisposable {
  /** The process of the machine, or of the agent itself without one. */
  readonly pid: number;
  /** How it came to be, for the log. */
  readonly start: Record<string, unknown>;
  /** kvm, hvf or tcg; null without a machine. */
  readonly accelerator: string | null;
  /** Why this one. */
  readonly acceleratorReason: string | null;
  /** What of the machine's confinement could not be had, in words. */
  readonly lacks: readonly string[];
  /** The agent's terminal. */
  readonly terminal: {
    onData(listener: (data: Buffer) => void): void;
    write(data: Buffer): void;
    /** Stops and starts the flow, when what reads it falls behind. */
    pause(): void;
    resume(): void;
    /** Null where the size travels over the gate instead. */
    resize: ((cols: number, rows: number) => void) | null;
  };
  /** The wire of the gate. */
  readonly gate: Duplex;
  /** Asks for the granted folders, and resolves once they are there, or why they are not is known; what the agent's tools do before is done without them. */
  ready(): Promise<void>;
  /** The same without asking: they come a second after its start at the latest. */
  readonly mounted: Promise<void>;
  /** Stops its processor while nothing runs; null where there is none of its own. */
  readonly pause: Pause | null;
  /** Milliseconds since it was started. */
  sinceStartMs(): number;
  /** Shows folders that were granted since the start; returns what can't be shown, and why. */
  showGrants(grants: readonly ServedGrant[]): readonly { name: string; reason: string }[];
  /** Watches over deletions in granted folders; null where nothing stands between the agent and them. */
  readonly guard: DeletionGuard | null;
  /** Resolves with the reason when it has ended. */
  readonly ended: Promise<string>;
  /** Asks it to end; ends it by force after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>;
}

/** A named step of start-up, for `status` and the log. */
export type OnStep = (step: string) => void;

export interface StartBodyOptions {
  home: string;
  team: TeamRecord;
  dir: string;
  agent: string;
  incarnation: number;
  /** Folders of plugins that a machine shows. */
  plugins: Promise<readonly Grant[]>;
  cols: number;
  rows: number;
  signal: AbortSignal;
  /** What stood by for it. */
  spare?: Spare | undefined;
  onStep: OnStep;
  /** The agent has deleted so much that the user is asked. */
  onDeletionStop: (stop: DeletionStop) => void;
  onFileEvent: (event: FileEvent) => void;
}
