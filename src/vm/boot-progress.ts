import { CoworkError } from '../protocol/errors.ts';
import type { Birth } from './qemu-arguments.ts';

/** A step of a machine's start that was reached. */
export interface BootStep {
  /** `qemu started`, then `kernel up` and `root mounted`, or `restored`; `begun`, `files mounted` or `files failed`, `agent started`. */
  name: string;
  /** Since QEMU was started, milliseconds. */
  atMs: number;
  /** Why, for a step that failed without ending the start. */
  detail?: string;
}

interface ExpectedStep {
  name: string;
  /** How long it may take after the one before, milliseconds. */
  deadlineMs: number;
  /** What it means when it does not come. */
  cause: string;
}

const KERNEL: ExpectedStep[] = [
  { name: 'kernel up', deadlineMs: 120_000, cause: 'the kernel did not start, or its drivers did not load' },
  { name: 'root mounted', deadlineMs: 60_000, cause: 'the root image did not mount' },
];
const LIFE: ExpectedStep[] = [
  { name: 'begun', deadlineMs: 60_000, cause: "the guest's PID 1 did not take its orders" },
  { name: 'files', deadlineMs: 60_000, cause: "the guest's PID 1 did not get to the file server" },
  { name: 'agent started', deadlineMs: 60_000, cause: "the guest's PID 1 did not start the agent" },
];

/** What each way of starting goes through. The deadlines are about thirty times what a step takes on a free machine under
 * software emulation, because a team's machines start together and the host may be busy. */
const STEPS: Record<Birth, readonly ExpectedStep[]> = {
  boot: [...KERNEL, ...LIFE],
  record: [
    ...KERNEL,
    { name: 'agent waiting', deadlineMs: 240_000, cause: 'the agent did not come to the point of waiting' },
  ],
  restore: [{ name: 'restored', deadlineMs: 20_000, cause: 'QEMU did not load the saved state' }, ...LIFE],
};

/** Steps that are noted of one machine; a start has six. */
const STEPS_MAX = 32;

/** Follows a machine's start: each step must come in time, else `onFailure` is told why, once. */
export class BootProgress implements Disposable {
  readonly steps: BootStep[] = [];
  #started = performance.now();
  readonly #onStep: (step: BootStep) => void;
  readonly #onFailure: (error: CoworkError) => void;
  readonly #factor: number;
  readonly #expected: readonly ExpectedStep[];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #isHeld = false;

  /** `factor` stretches all deadlines, for hosts that are known to be slow. */
  constructor(
    birth: Birth,
    onStep: (step: BootStep) => void,
    onFailure: (error: CoworkError) => void,
    factor = 1,
  ) {
    this.#expected = STEPS[birth];
    this.#onStep = onStep;
    this.#onFailure = onFailure;
    this.#factor = factor;
    this.#arm();
  }

  elapsedMs(): number {
    return Math.round(performance.now() - this.#started);
  }

  get isComplete(): boolean {
    return this.#next === this.#expected.length;
  }

  /** Notes a step that QEMU or the guest has told; one that is not expected now is shown, but moves nothing. */
  reached(name: string, detail?: string): void {
    const step: BootStep = { name, atMs: this.elapsedMs(), ...(detail ? { detail } : {}) };
    const expected = this.#expected[this.#next]?.name;
    if (expected !== undefined && name.startsWith(expected)) {
      this.#next++;
      this.#arm();
    }
    // A guest can repeat itself without end, and each step is written to a log.
    if (this.steps.length >= STEPS_MAX) return;
    this.steps.push(step);
    this.#onStep(step);
  }

  /** The machine waits on purpose: no step is due until `goOn`, from which times count anew. */
  hold(): void {
    this.#isHeld = true;
    clearTimeout(this.#timer);
  }

  goOn(): void {
    this.#isHeld = false;
    this.#started = performance.now();
    this.#arm();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const step = this.#expected[this.#next];
    if (!step || this.#isHeld) return;
    const deadlineMs = step.deadlineMs * this.#factor;
    this.#timer = setTimeout(() => {
      const said = `The VM did not reach "${step.name}" in ${deadlineMs / 1000} s: ${step.cause}.`;
      this.#onFailure(new CoworkError('VM_START_TIMEOUT', said));
    }, deadlineMs);
  }
}
