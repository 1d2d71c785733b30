import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 1_000;

/** Runs `work`, and once more after it when it was asked for meanwhile; at most once a second. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isAsked = false;
  const loop = async (): Promise<void> => {
    do {
      isAsked = false;
      await work();
      if (isAsked) await delay(PAUSE_MS);
    } while (isAsked);
  };
  return () => {
    isAsked = true;
    running ??= loop().finally(() => {
      running = undefined;
    });
    return running;
  };
}
