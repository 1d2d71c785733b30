import type { Log } from '../protocol/log-events.ts';
import type { Pause } from '../vm/pause.ts';
import type { Self } from './self.ts';
import type { Traffic } from './traffic.ts';

/** How long an agent has to be idle until its machine is paused, milliseconds: mail often comes in a row. */
const IDLE_MS = 2_000;
/** How long until it is tried again after a program was found running, milliseconds. */
const AGAIN_MS = 10_000;

const PAUSED = 'paused: its machine stands still until something is addressed to it';

/** Pauses the machine of an agent that is idle, and wakes it. */
export interface Rest extends Disposable {
  /** The agent has reported that it is idle. */
  idle(): void;
  /** Something is about to be told to it. */
  wake(): void;
}

/**
 * Keeps an idle agent's machine from costing processor time. It is paused only while no program runs beside the agent, so what the agent has started in the
 * background goes on, and while the agent neither computes nor asks for anything. Without a machine of its own nothing is done.
 */
export function createRest(of: {
  self: Self;
  pause: Pause | null;
  traffic: Traffic;
  /** Whether something goes on in the machine that is no program of the agent's, such as a server that comes up. */
  isBusy?: () => boolean;
  log: Log;
}): Rest {
  const { self, pause, traffic, log, isBusy = () => false } = of;
  let timer: NodeJS.Timeout | undefined;
  const arm = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void begin(), ms);
    timer.unref();
  };
  const begin = async (): Promise<void> => {
    if (pause === null || self.record.state !== 'idle') return;
    if (isBusy()) return arm(IDLE_MS);
    // Between the word that it is idle and the word that it works an agent is on its way, and that may take long on a busy host.
    const before = traffic.requests;
    const isQuiet = () => traffic.open === 0 && traffic.requests === before && self.record.state === 'idle';
    try {
      const outcome = await pause.begin(isQuiet);
      if (outcome.paused && self.record.state === 'idle') self.set({ reason: PAUSED });
      if (!outcome.paused) arm(isQuiet() ? AGAIN_MS : IDLE_MS);
      log('rest', { ...outcome });
    } catch (error) {
      // The machine has just ended, which is told elsewhere.
      log('rest', { paused: false, because: String(error) });
    }
  };
  return {
    idle: () => arm(IDLE_MS),
    wake: () => {
      if (pause === null) return;
      // Also while it is not paused: it may be about to be.
      pause.end().catch((error: unknown) => log('rest', { woken: false, because: String(error) }));
      if (self.record.reason === PAUSED) self.set({ reason: '' });
      arm(IDLE_MS);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
