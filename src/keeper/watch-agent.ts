import { closeAlert, raiseAlert } from '../team/alerts.ts';
import type { Body } from './body.ts';
import type { Ending } from './ending.ts';
import { watchLiveness } from './liveness.ts';
import type { Self } from './self.ts';

interface WatchOptions {
  dir: string;
  self: Self;
  body: Body;
  ending: Ending;
  ping: () => Promise<void>;
  /** Seconds. */
  silence: number;
}

/** Shows an agent that answers nothing as `wedged`, with one alert, and lets it die when it stays so. */
export function watchAgent({ dir, self, body, ending, ping, silence }: WatchOptions): void {
  const before = { state: self.record.state, reason: self.record.reason };
  const note = (work: Promise<void>) => work.catch(() => {}); // a full disk: the state in agent.json still tells
  void note(closeAlert(dir, self.name, 'wedged')); // of the life before
  watchLiveness({
    ping,
    isPaused: () => body.pause?.isPaused ?? false,
    silenceMs: silence * 1000,
    signal: ending.signal,
    onWedged: () => {
      const { state, reason } = self.record;
      Object.assign(before, { state, reason });
      const text = `answers nothing for ${silence} s; is started again if it stays so for ${silence} s more`;
      self.set({ state: 'wedged', reason: text });
      void note(raiseAlert(dir, self.name, 'wedged', `${self.name} ${text}`));
    },
    onBack: () => {
      if (self.record.state === 'wedged') self.set(before);
      void note(closeAlert(dir, self.name, 'wedged'));
    },
    onLost: () => ending.come('died', `it was wedged: no answer for ${2 * silence} s`),
  });
}
