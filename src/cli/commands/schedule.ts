import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { roleHolder } from '../../store/role.ts';
import { ensureScheduler } from '../../supervisor/ensure.ts';
import { openRuns, type Run } from '../../supervisor/schedule/runs.ts';
import {
  createSchedule,
  readSchedule,
  removeSchedule,
  type Schedule,
  scheduleNames,
  schedulerRoleFile,
} from '../../supervisor/schedule/schedules.ts';
import { nextDue, parseWhen } from '../../supervisor/schedule/when.ts';
import type { CommandArguments, CommandModule, Surroundings } from '../command.ts';
import { inventName, launchWords, readLaunchRequest } from '../launch-request.ts';
import { renderRuns, renderSchedules, type ScheduleView } from '../render-schedules.ts';

type Action = (args: CommandArguments, surroundings: Surroundings) => Promise<unknown>;

const ACTIONS: Record<string, Action> = { add, list, remove, runs, start };

export const run: CommandModule['run'] = async (args, surroundings) => {
  const action = String(args.action ?? 'list');
  const act = ACTIONS[action];
  if (act === undefined) {
    const nearest = nearestName(action, Object.keys(ACTIONS));
    throw new CoworkError('USAGE', `cowork schedule can't ${action}.`, {
      hint: nearest === undefined ? 'It can add, list, remove, runs, start.' : `Did you mean ${nearest}?`,
    });
  }
  await act(args, surroundings);
  return 0;
};

/** `add WHEN JOB` with the flags of `launch`, which are looked at now as they will be at each run. */
async function add(args: CommandArguments, surroundings: Surroundings): Promise<void> {
  const { home, env, stdout } = surroundings;
  if (typeof args.what !== 'string') {
    throw new CoworkError('USAGE', 'When is it due?', {
      hint: 'cowork schedule add "every weekday 8:00" "Sort the new receipts" --grant ~/receipts',
    });
  }
  if (args.jobFile === '-') {
    throw new CoworkError('USAGE', 'A scheduled job can not come from stdin.', {
      hint: 'Name a file: it is read at each run.',
    });
  }
  const now = Date.now();
  const timeZone =
    typeof args.timeZone === 'string' ? args.timeZone : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const when = parseWhen(args.what, timeZone, now);
  const request = await readLaunchRequest(args, surroundings);
  const schedule: Schedule = {
    v: 1,
    name: typeof args.name === 'string' ? args.name : inventName(request.job, scheduleNames(home)),
    when,
    job: request.job,
    args: launchWords(args, env),
    folder: process.cwd(),
    overlap: args.overlap as Schedule['overlap'], // the parser has checked it
    catchUp: args.catchUp !== 'never',
    created: new Date(now).toISOString(),
  };
  await createSchedule(home, schedule);
  await ensureScheduler(home);
  const view = viewOf(home, schedule, now);
  stdout.write(
    args.json === true
      ? `${JSON.stringify(view)}\n`
      : `Schedule "${schedule.name}" is due ${view.nextText}.\nSee what became of it: cowork schedule runs ${schedule.name}\n`,
  );
}

async function list({ json }: CommandArguments, { home, stdout }: Surroundings): Promise<void> {
  const now = Date.now();
  const views = scheduleNames(home).map((name) => viewOf(home, readSchedule(home, name), now));
  if (json === true) stdout.write(`${JSON.stringify(views)}\n`);
  else stdout.write(renderSchedules(views));
}

async function remove(args: CommandArguments, { home, stdout }: Surroundings): Promise<void> {
  const name = named(args, 'remove');
  await removeSchedule(home, name);
  stdout.write(
    args.json === true
      ? `${JSON.stringify({ name, removed: true })}\n`
      : `Schedule "${name}" is removed. Teams that it has launched stay: cowork teams.\n`,
  );
}

async function runs(args: CommandArguments, { home, stdout }: Surroundings): Promise<void> {
  const names = typeof args.what === 'string' ? [args.what] : scheduleNames(home);
  const found = names.flatMap((name) => {
    const { when } = readSchedule(home, name);
    return openRuns(home, name)
      .read()
      .map((run): Run & { schedule: string; timeZone: string } => ({
        schedule: name,
        timeZone: when.timeZone,
        ...run,
      }));
  });
  found.sort((a, b) => a.due.localeCompare(b.due));
  stdout.write(args.json === true ? `${JSON.stringify(found)}\n` : renderRuns(found));
}

/** After a restart of the machine nobody minds the schedules until a command starts it. */
async function start(_: CommandArguments, { home, stdout }: Surroundings): Promise<void> {
  await ensureScheduler(home);
  const pid = roleHolder(schedulerRoleFile(home))?.pid;
  stdout.write(
    pid === undefined
      ? 'There is no schedule, so nothing is started.\n'
      : `The scheduler runs (process ${pid}).\n`,
  );
}

function named({ what }: CommandArguments, action: string): string {
  if (typeof what === 'string') return what;
  throw new CoworkError('USAGE', 'Which schedule?', { hint: `cowork schedule ${action} NAME` });
}

function viewOf(home: string, schedule: Schedule, now: number): ScheduleView {
  const { name, when, job, args, folder, overlap, catchUp, created } = schedule;
  const next = nextDue(when, Math.max(now, Date.parse(created)));
  const last = openRuns(home, name).read().at(-1) ?? null;
  return {
    ...{
      name,
      when: when.says,
      cron: when.cron,
      timeZone: when.timeZone,
      job,
      args,
      folder,
      overlap,
      catchUp,
      created,
    },
    next: next === undefined ? null : new Date(next).toISOString(),
    nextText: next === undefined ? 'no more' : atWall(next, when.timeZone),
    last,
    minded: roleHolder(schedulerRoleFile(home)) !== undefined,
  };
}

/** Fri 8 Jan 2027, 08:00 (Europe/Berlin) */
function atWall(at: number, timeZone: string): string {
  const form = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit' },
  });
  return `${form.format(at)} (${timeZone})`;
}
