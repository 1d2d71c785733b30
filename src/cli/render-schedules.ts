import type { Run } from '../supervisor/schedule/runs.ts';
import { brief, table } from './print.ts';

/** A schedule as `schedule list --json` prints it. */
export interface ScheduleView {
  name: string;
  when: string;
  cron: string | null;
  timeZone: string;
  job: string;
  args: string[];
  folder: string;
  overlap: string;
  catchUp: boolean;
  created: string;
  /** ISO 8601, and as the clock on the wall shows it. */
  next: string | null;
  nextText: string;
  last: Run | null;
  /** Whether a scheduler runs. */
  minded: boolean;
}

/** The schedules for people. */
export function renderSchedules(views: readonly ScheduleView[]): string {
  if (views.length === 0) {
    return 'There is no schedule yet. For example:\n  cowork schedule add "every weekday 8:00" "Sort the new receipts" --grant ~/receipts\n';
  }
  const rows = views.map(({ name, when, nextText, last, job }) => [
    ...[name, when, nextText, last === null ? 'never' : outcome(last)],
    brief(job, 50),
  ]);
  const text = table(['NAME', 'WHEN', 'NEXT', 'LAST RUN', 'JOB'], rows);
  return views.some(({ minded }) => !minded)
    ? `${text}\nNobody minds them since the machine was started. Start it: cowork schedule start\n`
    : text;
}

/** The runs for people, the oldest first. */
export function renderRuns(runs: readonly (Run & { schedule: string; timeZone: string })[]): string {
  if (runs.length === 0) return 'Nothing was due yet.\n';
  const rows = runs.map((run) => [
    run.schedule,
    onWall(run.due, run.timeZone),
    run.missed > 0 ? `${run.missed} more missed` : '',
    outcome(run),
    run.team ?? '-',
    brief(run.result?.summary ?? run.reason ?? '', 60),
  ]);
  return table(['SCHEDULE', 'DUE', '', 'RUN', 'TEAM', ''], rows);
}

function outcome({ state, result, attempts }: Run): string {
  if (result !== null) return result.outcome;
  const tried = attempts.filter(({ code }) => code !== null).length;
  return tried > 0 && state === 'waiting'
    ? `waiting, refused ${tried === 1 ? 'once' : `${tried} times`}`
    : state;
}

function onWall(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(
    Date.parse(iso),
  );
}
