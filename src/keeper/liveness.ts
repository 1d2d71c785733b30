export interface LivenessOptions {
  /** Resolves when the agent has answered; may stay open for ever. */
  ping: () => Promise<void>;
  /** Whether nobody expects an answer now: the machine is paused on purpose. */
  isPaused: () => boolean;
  /** How long the agent may be silent, milliseconds. */
  silenceMs: number;
  /** It has been silent for that long. */
  onWedged: () => void;
  /** It has answered again. */
  onBack: () => void;
  /** It has been silent for twice as long. */
  onLost: () => void;
  signal: AbortSignal;
}

/** Longest time between two looks. */
const TICK_MS = 5_000;

/**
 * Asks an agent again and again whether it is there. Silence is counted in looks of our own and not by a clock: when this process, or the whole
 * machine, has slept for an hour, that was one look, and nobody is taken for dead because of it.
 */
export function watchLiveness(options: LivenessOptions): void {
  const { ping, isPaused, silenceMs, signal } = options;
  const tickMs = Math.min(TICK_MS, silenceMs / 4);
  const patience = Math.ceil(silenceMs / tickMs);
  let missed = 0;
  let isAsking = false;

  const answered = (): void => {
    isAsking = false;
    if (missed >= patience && !signal.aborted) options.onBack();
    missed = 0;
  };
  const look = (): void => {
    if (isPaused()) {
      missed = 0;
      return;
    }
    if (!isAsking) {
      isAsking = true;
      ping().then(answered, () => {}); // a wire that has ended is told by its end
      return;
    }
    missed++;
    if (missed === patience) options.onWedged();
    if (missed === 2 * patience) options.onLost();
  };
  const timer = setInterval(look, tickMs);
  signal.addEventListener('abort', () => clearInterval(timer));
  look();
}
