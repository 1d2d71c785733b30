import type { guestOrders } from './guest-orders.ts';
import type { Qmp } from './qmp.ts';

/** Stops a machine's processor, so that it costs nothing, and lets it go on. */
export interface Pause {
  /**
   * Stops the processor unless something runs in the guest or it does not answer; `end` while it asks takes the wish back, and so does `mayStill`, which is
   * asked last.
   */
  begin(mayStill?: () => boolean): Promise<PauseOutcome>;
  /** Lets the processor go on, the clock being put right first. */
  end(): Promise<void>;
  readonly isPaused: boolean;
}

export type PauseOutcome = { paused: true } | { paused: false; because: string };

/** How long the guest has to say what runs, milliseconds. */
const ANSWER_MS = 5_000;

/** The pause of one machine; `answered` is to be called with what the guest says runs in it. The guest is believed: a lie costs itself only. */
export function createPause(
  qmp: Qmp,
  orders: Pick<ReturnType<typeof guestOrders>, 'askBusy' | 'clock'>,
): Pause & { answered(programs: readonly string[]): void } {
  let isPaused = false;
  let wishes = 0;
  let answer: ((programs: readonly string[] | undefined) => void) | undefined;
  // One command after the other: a pause that is taken back at once must not overtake itself.
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };

  const ask = (): Promise<readonly string[] | undefined> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => answer?.(undefined), ANSWER_MS);
      answer = (programs) => {
        clearTimeout(timer);
        answer = undefined;
        resolve(programs);
      };
      orders.askBusy();
    });

  return {
    get isPaused() {
      return isPaused;
    },
    answered: (programs) => answer?.(programs),
    begin: (mayStill = () => true) => {
      const wish = ++wishes;
      return inOrder(async (): Promise<PauseOutcome> => {
        const programs = await ask();
        if (wish !== wishes) return { paused: false, because: 'it is wanted again' };
        if (programs === undefined) return { paused: false, because: 'the guest does not answer' };
        if (!mayStill()) return { paused: false, because: 'the agent is on its way' };
        if (programs.length > 0) return { paused: false, because: `${programs.join(', ')} still runs` };
        await qmp.execute('stop');
        isPaused = true;
        return { paused: true };
      });
    },
    end: () => {
      wishes++;
      return inOrder(async () => {
        if (!isPaused) return;
        orders.clock();
        await qmp.execute('cont');
        isPaused = false;
      });
    },
  };
}
