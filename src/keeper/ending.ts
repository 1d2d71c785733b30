import { toCoworkError } from '../protocol/errors.ts';
import { watchFolder } from '../store/watch.ts';
import { findAgent, readTeam } from '../team/team.ts';

/** Why a keeper ended: as it was asked to, or with its agent lost (`died`), or for good (`failed`). */
export interface KeeperEnd {
  how: 'stopped' | 'died' | 'failed';
  reason: string;
}

/** The first reason to end that comes up; later ones change nothing. */
export class Ending {
  readonly #first = Promise.withResolvers<KeeperEnd>();
  readonly #over = new AbortController();

  /** Aborted once the end has begun. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  come(how: KeeperEnd['how'], reason: string): void {
    this.#first.resolve({ how, reason });
  }

  /** Work that goes on as long as the agent does; when it fails, the agent is lost. */
  watchOver(what: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.signal.aborted) this.come('died', `${what}: ${toCoworkError(error).message}`);
    });
  }

  /** Resolves with the reason, everything that was watched over being told to stop. */
  async wait(): Promise<KeeperEnd> {
    const end = await this.#first.promise;
    this.#over.abort();
    return end;
  }

  /** Stops what was watched over, however the keeper came to its end. */
  [Symbol.dispose](): void {
    this.#over.abort();
  }
}

/** Waits until the agent is no longer wanted, or this process is asked to end; returns the reason. */
export async function untilUnwanted(
  dir: string,
  name: string,
  asked: AbortSignal,
  over: AbortSignal,
): Promise<string> {
  for await (const _ of watchFolder(dir, { signal: AbortSignal.any([asked, over]) })) {
    const team = readTeam(dir);
    const agent = findAgent(team, name);
    if (team.phase !== 'running') return `the team is ${team.phase}`;
    if (agent.wanted === 'stopped') return agent.reason;
    if (agent.succession !== undefined) return 'somebody else is to lead';
  }
  return 'the keeper was asked to end';
}
