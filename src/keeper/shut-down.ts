import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { WorkspaceSaved } from '../protocol/gate-requests.ts';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import { LADDER } from '../team/ladder.ts';
import type { Body } from './body.ts';
import type { Channel } from './channel.ts';
import type { KeeperEnd } from './ending.ts';
import type { Self } from './self.ts';

/** How far an agent has come with its end, as it says itself. */
export interface Farewell {
  /** It runs nothing any more and saves its scratch folder. */
  begun(): void;
  saved(report: z.infer<typeof WorkspaceSaved>): void;
  readonly hasBegun: Promise<void>;
  readonly report: () => z.infer<typeof WorkspaceSaved> | undefined;
}

export function createFarewell(): Farewell {
  const begun = Promise.withResolvers<void>();
  let report: z.infer<typeof WorkspaceSaved> | undefined;
  return {
    begun: () => begun.resolve(),
    saved: (now) => {
      report = now;
    },
    hasBegun: begun.promise,
    report: () => report,
  };
}

const LOST = 'scratch folder lost';

/**
 * Ends what carries an agent. One that is stopped is asked first: what runs may finish, then it is interrupted, and what is
 * in its own machine outside the grants is saved as an artifact. No step asks a model, so it works with a full context, a
 * spent budget and a server that does not answer; each has a deadline, behind which the next one comes.
 */
export async function shutDown(of: {
  dir: string;
  body: Body;
  channel: Channel;
  end: KeeperEnd;
  self: Self;
  farewell: Farewell;
  /** Whether its scratch folder goes with its machine. */
  hasMachine: boolean;
}): Promise<void> {
  const { dir, body, channel, end, self, farewell, hasMachine } = of;
  if (end.how === 'stopped') {
    self.set({ state: 'stopping', reason: end.reason });
    const event = {
      type: 'shutdown',
      reason: end.reason,
      finishMs: LADDER.finish,
      save: hasMachine,
    } as const;
    void channel.push(event);
    const isQuiet = await within(LADDER.finish + LADDER.interrupt, farewell.hasBegun, body.ended);
    if (isQuiet) await within(LADDER.save, body.ended);
    if (hasMachine) await tellWhatWasLost(dir, self.name, farewell);
  }
  await body.stop(LADDER.machine);
}

async function tellWhatWasLost(dir: string, agent: string, farewell: Farewell): Promise<void> {
  const lost = farewell.report()?.lost ?? 'it did not answer in time';
  // A full disk must not keep the machine from being stopped.
  await (lost === ''
    ? closeAlert(dir, agent, LOST)
    : raiseAlert(dir, agent, LOST, `What ${agent} had in its scratch folder is lost: ${lost}.`)
  ).catch(() => {});
}

/** Waits for the first of them, at most so long; false when that passed. */
async function within(ms: number, ...what: Promise<unknown>[]): Promise<boolean> {
  const over = new AbortController();
  const timer = delay(ms, false, { signal: over.signal }).catch(() => false);
  const first = await Promise.race([timer, ...what.map((each) => each.then(() => true))]);
  over.abort();
  return first;
}
