import { CoworkError } from '../protocol/errors.ts';

/** A step of a machine's start that was reached. */
export interface BootStep {
  /** `qemu started`, `kernel up`, `root mounted`, `files mounted` or `files failed`, `agent started`. */
  name: string;
  /** Since QEMU was started, milliseconds. */
  atMs: number;
  /** Why, for a step that failed without ending the start. */
  detail?: string;
}

/** How long each step may take after the one before, milliseconds: about thirty times what it takes on a free machine under
 * software emulation, because a team's machines start together and the host may be busy. */
const STEPS: readonly { name: string; deadlineMs: number; cause: string }[] = [
  { name: 'kernel up', deadlineMs: 120_000, cause: 'the kernel did not start, or its drivers did not load' },
  { name: 'root mounted', deadlineMs: 60_000, cause: 'the root image did not mount' },
  { name: 'files', deadlineMs: 60_000, cause: "the guest's PID 1 did not get to the file server" },
  { name: 'agent started', deadlineMs: 60_000, cause: "the guest's PID 1 did not start the agent" },
];

/** Follows a machine's start: each step must come in time, else `onFailure` is told why, once. */
export class BootProgress implements Disposable {
  readonly steps: BootStep[] = [];
  readonly #started = performance.now();
  readonly #onStep: (step: BootStep) => void;
  readonly #onFailure: (error: CoworkError) => void;
  readonly #factor: number;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `factor` stretches all deadlines, for hosts that are known to be slow. */
  constructor(onStep: (step: BootStep) => void, onFailure: (error: CoworkError) => void, factor = 1) {
    this.#onStep = onStep;
    this.#onFailure = onFailure;
    this.#factor = factor;
    this.#arm();
  }

  elapsedMs(): number {
    return Math.round(performance.now() - this.#started);
  }

  get isComplete(): boolean {
    return this.#next === STEPS.length;
  }

  /** Notes a step that QEMU or the guest has told; one that is not expected now is shown, but moves nothing. */
  reached(name: string, detail?: string): void {
    const step: BootStep = { name, atMs: this.elapsedMs(), ...(detail ? { detail } : {}) };
    const expected = STEPS[this.#next]?.name;
    if (expected !== undefined && name.startsWith(expected)) {
      this.#next++;
      this.#arm();
    }
    if (this.steps.length < 32) this.steps.push(step); // a guest can repeat itself without end
    this.#onStep(step);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const step = STEPS[this.#next];
    if (!step) return;
    const deadlineMs = step.deadlineMs * this.#factor;
    this.#timer = setTimeout(() => {
      const said = `The VM did not reach "${step.name}" in ${deadlineMs / 1000} s: ${step.cause}.`;
      this.#onFailure(new CoworkError('VM_START_TIMEOUT', said));
    }, deadlineMs);
  }
}
