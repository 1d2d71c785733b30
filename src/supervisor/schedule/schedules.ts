import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CoworkError } from '../../protocol/errors.ts';
import { isName, nearestName } from '../../protocol/names.ts';
import { ensureFolder, errorCode, FOLDER_MODE, syncFolder } from '../../store/folders.ts';
import { replaceFile } from '../../store/replace-file.ts';

/** What is done when a run is due and the one before has not ended: it is left out, waits for its end, or begins beside it. */
const OVERLAPS = ['skip', 'queue', 'parallel'] as const;

const Schedule = z.object({
  v: z.literal(1),
  name: z.string(),
  when: z.object({
    says: z.string(),
    cron: z.string().nullable(),
    at: z.string().nullable(),
    timeZone: z.string(),
  }),
  job: z.string(),
  /** Flags and words of `cowork launch`, without the name of the team. */
  args: z.array(z.string()),
  /** Where it was said: paths in `args` count from here. */
  folder: z.string(),
  overlap: z.enum(OVERLAPS),
  /** Whether a time that went by while nobody minded it is made up for, once. */
  catchUp: z.boolean(),
  created: z.string(),
});

/** A job that is launched again and again. */
export type Schedule = z.infer<typeof Schedule>;

/** Longest name: that of a run's team has the minute behind it. */
const NAME_MAX = 48;

export const schedulesFolder = (home: string): string => join(home, 'schedules');
export const scheduleFolder = (home: string, name: string): string => join(schedulesFolder(home), name);
/** Who stood for the scheduler of this home. */
export const schedulerRoleFile = (home: string): string => join(schedulesFolder(home), 'scheduler.jsonl');
export const schedulerLog = (home: string): string => join(schedulesFolder(home), 'scheduler.log');
const scheduleFile = (home: string, name: string): string =>
  join(scheduleFolder(home, name), 'schedule.json');

/** Keeps a new schedule. Throws NAME_INVALID, SCHEDULE_TAKEN. */
export async function createSchedule(home: string, schedule: Schedule): Promise<void> {
  const { name } = schedule;
  if (!isName(name) || name.length > NAME_MAX) {
    throw new CoworkError('NAME_INVALID', `${JSON.stringify(name)} can't be the name of a schedule.`, {
      hint: `Use 1 to ${NAME_MAX} of a-z, 0-9 and -, beginning with a letter or digit.`,
    });
  }
  ensureFolder(home);
  ensureFolder(schedulesFolder(home));
  // It appears whole or not at all.
  const draft = scheduleFolder(home, `.${name}-${randomUUID()}`);
  await mkdir(draft, { mode: FOLDER_MODE });
  try {
    await replaceFile(join(draft, 'schedule.json'), `${JSON.stringify(schedule, null, 2)}\n`);
    await rename(draft, scheduleFolder(home, name));
    syncFolder(schedulesFolder(home));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? ''))
      throw new CoworkError('SCHEDULE_TAKEN', `There is a schedule "${name}" already.`, { cause: error });
    throw error;
  }
}

/** Names of all schedules, in order. */
export function scheduleNames(home: string): string[] {
  try {
    return readdirSync(schedulesFolder(home))
      .filter((name) => isName(name) && existsSync(scheduleFile(home, name)))
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Throws SCHEDULE_UNKNOWN with the nearest name, SCHEDULE_UNREADABLE. */
export function readSchedule(home: string, name: string): Schedule {
  const names = scheduleNames(home);
  if (!names.includes(name)) {
    const nearest = nearestName(name, names);
    throw new CoworkError('SCHEDULE_UNKNOWN', `There is no schedule ${JSON.stringify(name)}.`, {
      ...(nearest === undefined ? {} : { hint: `Did you mean ${nearest}?` }),
    });
  }
  const file = scheduleFile(home, name);
  try {
    return Schedule.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new CoworkError('SCHEDULE_UNREADABLE', `${file} is no schedule that can be read.`, { cause });
  }
}

/** Removes a schedule and what is known of its runs; their teams stay. */
export async function removeSchedule(home: string, name: string): Promise<void> {
  readSchedule(home, name);
  // Out of sight at once: a scheduler sees it whole or not at all.
  const away = scheduleFolder(home, `.${name}-${process.pid}`);
  await rename(scheduleFolder(home, name), away);
  await rm(away, { recursive: true });
}
