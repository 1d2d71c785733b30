import { toCoworkError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/log-events.ts';
import { noteRun, openRuns, type Run, type RunEvent, type RunLog } from './runs.ts';
import { readSchedule, type Schedule, scheduleNames } from './schedules.ts';
import { lastDue, nextDue, wallClock } from './when.ts';

/** How a launch went: it began (`code` null), or was refused. */
export interface LaunchOutcome {
  code: string | null;
  reason: string;
  /** Whether it would be refused again: wrong use and things that are not there. */
  isFinal: boolean;
}

/** How a team that a schedule has launched stands; undefined when there is no such team. */
export type TeamState =
  | { isRunning: true }
  | { isRunning: false; outcome: string; costUsd: number; summary: string | null };

export interface SchedulerTools {
  home: string;
  now(): number;
  /** Launches a run under the name of `team`; resolves when its agents are ready, or it was refused. */
  launch(schedule: Schedule, team: string): Promise<LaunchOutcome>;
  team(name: string): Promise<TeamState | undefined>;
  /** Sees to it that somebody watches over a running team. */
  watchOver(team: string): Promise<void>;
  log: Log;
}

/** Attempts to start one run, and how long after a refusal the next comes, in milliseconds. */
const ATTEMPTS = 3;
const RETRY_MS = 60_000;
/** A run that is due this long is one that was missed, in milliseconds. */
const LATE_MS = 5 * 60_000;
/** Longest time between two looks at a clock that may have been set, or have slept; and at teams that run. */
const LOOK_MS = 15_000;
const TEAM_LOOK_MS = 2_000;

/** Minds the schedules of one home. What it knows is in their files: another one goes on where it was killed. */
export class Scheduler {
  readonly #tools: SchedulerTools;
  readonly #launching = new Map<string, Promise<void>>();
  readonly #logs = new Map<string, RunLog>();

  constructor(tools: SchedulerTools) {
    this.#tools = tools;
  }

  /** Does what is to be done now; returns the milliseconds until the next look, or undefined when there is no schedule. */
  async step(): Promise<number | undefined> {
    const { home, now, log } = this.#tools;
    const names = scheduleNames(home);
    let wait = LOOK_MS;
    for (const name of names) {
      try {
        wait = Math.min(wait, await this.#mind(readSchedule(home, name)));
      } catch (error) {
        log('schedule_failed', { schedule: name, error: toCoworkError(error).message, at: now() });
      }
    }
    return names.length === 0 && this.#launching.size === 0 ? undefined : wait;
  }

  /** Resolves when all launches that are under way are over. */
  async settled(): Promise<void> {
    while (this.#launching.size > 0) await Promise.all(this.#launching.values());
  }

  async #mind(schedule: Schedule): Promise<number> {
    const { home, now } = this.#tools;
    const log = this.#logs.get(schedule.name) ?? openRuns(home, schedule.name);
    this.#logs.set(schedule.name, log);
    const before = log.read();
    for (const run of before) await this.#look(schedule, run);
    await this.#fire(schedule, before.at(-1));
    const runs = log.read();
    await this.#begin(schedule, runs);
    const next = nextDue(schedule.when, now());
    const isAtWork = runs.some(({ state }) => ['running', 'attempted', 'waiting'].includes(state));
    return Math.max(
      0,
      Math.min(next === undefined ? LOOK_MS : next - now(), isAtWork ? TEAM_LOOK_MS : LOOK_MS),
    );
  }

  /** Notes what became of a run that was begun. */
  async #look(schedule: Schedule, run: Run): Promise<void> {
    const team = run.team ?? run.attempts.at(-1)?.team;
    if (team === undefined || (run.state !== 'running' && run.state !== 'attempted')) return;
    if (this.#launching.has(key(schedule, run))) return;
    const state = await this.#tools.team(team);
    if (run.state === 'attempted') {
      // The scheduler before us was killed in the middle of it.
      const { due } = run;
      if (state !== undefined) await this.#note(schedule, { type: 'started', due, team });
      else
        await this.#refused(schedule, run, {
          code: 'START_FAILED',
          reason: 'the scheduler was killed',
          isFinal: false,
        });
    } else if (state === undefined) {
      await this.#note(schedule, {
        type: 'ended',
        due: run.due,
        outcome: 'removed',
        costUsd: 0,
        summary: null,
      });
    } else if (state.isRunning) {
      await this.#tools.watchOver(team);
    } else {
      const { outcome, costUsd, summary } = state;
      await this.#note(schedule, { type: 'ended', due: run.due, outcome, costUsd, summary });
    }
  }

  async #fire(schedule: Schedule, before: Run | undefined): Promise<void> {
    const { now } = this.#tools;
    const after = Date.parse(before?.due ?? schedule.created);
    const last = lastDue(schedule.when, after, now());
    if (last === undefined) return;
    const due = new Date(last.due).toISOString();
    await this.#note(schedule, { type: 'fired', due, missed: last.missed });
    if (!schedule.catchUp && now() - last.due > LATE_MS) {
      await this.#note(schedule, { type: 'skipped', due, reason: 'nobody minded it when it was due' });
    }
  }

  /** Attempts the newest run that waits, as the rule for overlaps allows. */
  async #begin(schedule: Schedule, runs: readonly Run[]): Promise<void> {
    const waiting = runs.filter(({ state }) => state === 'waiting');
    const newest = waiting.pop();
    for (const { due } of waiting) {
      await this.#note(schedule, {
        type: 'skipped',
        due,
        reason: 'a later one was due before it could begin',
      });
    }
    if (newest === undefined || this.#tools.now() < notBefore(newest)) return;
    const busy = runs.find(({ state }) => state === 'running' || state === 'attempted');
    if (busy !== undefined && schedule.overlap === 'queue') return;
    if (busy !== undefined && schedule.overlap === 'skip') {
      const reason = `the run of ${busy.due} had not ended`;
      await this.#note(schedule, { type: 'skipped', due: newest.due, reason });
      return;
    }
    await this.#attempt(schedule, newest);
  }

  async #attempt(schedule: Schedule, run: Run): Promise<void> {
    const { due } = run;
    const team = `${schedule.name}-${wallClock(Date.parse(due), schedule.when.timeZone)}`;
    await this.#note(schedule, { type: 'attempted', due, team });
    const launching = this.#tools
      .launch(schedule, team)
      .catch((error: unknown) => ({ code: 'INTERNAL', reason: toCoworkError(error).message, isFinal: false }))
      .then(async (outcome) => {
        // A launch can fail when the team is there already: then the team tells how it goes.
        const exists = outcome.code === null || (await this.#tools.team(team)) !== undefined;
        if (exists) await this.#note(schedule, { type: 'started', due, team });
        else await this.#refused(schedule, { ...run, attempts: [...run.attempts, attempt(team)] }, outcome);
      })
      .catch((error: unknown) => {
        this.#tools.log('run_not_noted', {
          schedule: schedule.name,
          due,
          error: toCoworkError(error).message,
        });
      })
      .finally(() => this.#launching.delete(key(schedule, run)));
    this.#launching.set(key(schedule, run), launching);
  }

  async #refused(schedule: Schedule, run: Run, { code, reason, isFinal }: LaunchOutcome): Promise<void> {
    const isLast = isFinal || run.attempts.length >= ATTEMPTS;
    await this.#note(schedule, { type: 'refused', due: run.due, code: code ?? '', reason, isFinal: isLast });
  }

  async #note(schedule: Schedule, event: RunEvent): Promise<void> {
    await noteRun(this.#tools.home, schedule.name, event, this.#tools.now());
    this.#tools.log(`run_${event.type}`, { schedule: schedule.name, ...event });
  }
}

const key = ({ name }: Schedule, { due }: Run): string => `${name}/${due}`;
const attempt = (team: string): Run['attempts'][number] => ({ at: '', team, code: null, reason: null });

/** When a run that was refused may be tried again. */
function notBefore({ attempts }: Run): number {
  const last = attempts.at(-1);
  return last === undefined ? 0 : Date.parse(last.at) + RETRY_MS * 2 ** (attempts.length - 1);
}
