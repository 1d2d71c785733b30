import { Cron } from 'croner';
import { CoworkError } from '../../protocol/errors.ts';

/** When a schedule is due: again and again by a cron pattern, or once. */
export interface When {
  /** As the user has said it. */
  says: string;
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: string | null;
  /** The one moment, ISO 8601 in UTC. */
  at: string | null;
  /** Zone of the clock on the wall (IANA), by which the pattern counts. */
  timeZone: string;
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const HINT =
  'For example: "every weekday 8:00", "every monday and friday 17:30", "every 15 minutes", "every month on the 1st 9:00", "at 2027-01-31 18:00", "in 2 hours", or five fields of cron.';
const CLOCK = String.raw`(?:at )?(\d{1,2})(?::(\d{2}))? ?(am|pm)?`;

/** Reads a time as people say it. Throws USAGE for one that is not known, does not exist or is over. */
export function parseWhen(says: string, timeZone: string, now: number): When {
  assertTimeZone(timeZone);
  const text = says.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const at = momentOf(text, timeZone, now);
  if (at !== undefined && at.getTime() <= now) throw unclear(`${JSON.stringify(says)} is over.`);
  const cron = at === undefined ? (cronOf(text) ?? patternOf(text)) : null;
  if (cron === undefined) throw unclear(`${JSON.stringify(says)} is no time that cowork knows.`);
  const when: When = { says: says.trim(), cron, at: at?.toISOString() ?? null, timeZone };
  if (nextDue(when, now) === undefined) throw unclear(`${JSON.stringify(says)} never comes.`);
  return when;
}

/** The first time after `after` (milliseconds since 1970) at which it is due; undefined when there is none. */
export function nextDue({ cron, at, timeZone }: When, after: number): number | undefined {
  if (at !== null) return Date.parse(at) > after ? Date.parse(at) : undefined;
  return new Cron(cron ?? '', { timezone: timeZone, mode: '5-part' }).nextRun(new Date(after))?.getTime();
}

/** Times that are counted before the count only says "so many or more". */
const COUNTED = 1_000;
const DAY_MS = 86_400_000;

/**
 * The last time after `after` and up to `now` at which it was due, and how many came before it in that span (at most
 * about two thousand are counted); undefined when there was none.
 */
export function lastDue(when: When, after: number, now: number): { due: number; missed: number } | undefined {
  let due: number | undefined;
  let count = 0;
  let from = after;
  for (;;) {
    const next = nextDue(when, from);
    if (next === undefined || next > now) break;
    due = next;
    count++;
    // A pattern is due once a minute at most, so a day is soon gone through.
    from = count === COUNTED ? Math.max(next, now - DAY_MS) : next;
  }
  return due === undefined ? undefined : { due, missed: count - 1 };
}

/** `20270131-1800`: the minute by the clock on the wall, for a team's name. */
export function wallClock(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    ...{
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    },
  }).formatToParts(at);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('year')}${of('month')}${of('day')}-${of('hour')}${of('minute')}`;
}

function momentOf(text: string, timeZone: string, now: number): Date | undefined {
  const after = /^in (\d+) (second|minute|hour|day)s?$/.exec(text);
  if (after !== null) {
    const unit =
      { second: 1_000, minute: 60_000, hour: 3_600_000, day: DAY_MS }[after[2] ?? ''] ?? Number.NaN;
    return new Date(now + Number(after[1]) * unit);
  }
  const local =
    /^(?:at |on )?(\d{4}-\d\d-\d\d)(?:t| | at )(\d{1,2}):(\d{2})(:\d{2}(?:\.\d+)?)?(z|[+-]\d\d:\d\d)?$/.exec(
      text,
    );
  if (local === null) return undefined;
  const [, day = '', hour = '', minute = '', seconds = ':00', zone] = local;
  const iso = `${day}T${hour.padStart(2, '0')}:${minute}${seconds}`;
  const moment = zone === undefined ? momentOnWall(iso, timeZone) : new Date(`${iso}${zone.toUpperCase()}`);
  if (!isDay(day) || moment === undefined || Number.isNaN(moment.getTime()))
    throw unclear(`There is no ${JSON.stringify(text)}.`);
  return moment;
}

/** The moment at which the clock on the wall shows `iso`; where it skips that, the end of what it skips, as for patterns. */
function momentOnWall(iso: string, timeZone: string): Date | undefined {
  try {
    const moment = new Cron(iso, { timezone: timeZone }).nextRun(new Date(0)) ?? undefined;
    const [, month, day, hour, minute] = iso.split(/[-T:]/).map(Number);
    if (
      moment === undefined ||
      wallClock(moment.getTime(), timeZone).endsWith(`-${iso.slice(11, 16).replace(':', '')}`)
    )
      return moment;
    const pattern = new Cron(`${minute} ${hour} ${day} ${month} *`, { timezone: timeZone, mode: '5-part' });
    return pattern.nextRun(new Date(moment.getTime() - DAY_MS)) ?? undefined;
  } catch {
    return undefined; // no such hour
  }
}

/** Whether the calendar has it: a 30th of February would become the 2nd of March. */
function isDay(day: string): boolean {
  const at = new Date(`${day}T00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}

/** A phrase as a pattern. */
function patternOf(text: string): string | undefined {
  const often = /^every (?:(\d+) )?(minute|hour)s?$/.exec(text);
  if (often !== null) {
    const [whole, step] = [often[2] === 'minute' ? 60 : 24, Number(often[1] ?? 1)];
    if (step < 1 || whole % step !== 0) throw unclear(`${step} is no whole part of ${whole}.`);
    return whole === 60 ? `*/${step} * * * *` : `0 */${step} * * *`;
  }
  const monthly = new RegExp(`^every month on the (\\d{1,2})(?:st|nd|rd|th)? ${CLOCK}$`).exec(text);
  if (monthly !== null) return atClock(monthly.slice(2), `${monthly[1]} * *`);
  const weekly = new RegExp(`^every ([a-z, ]+?) ${CLOCK}$`).exec(text);
  const days = weekly === null ? undefined : daysOf(weekly[1] ?? '');
  return weekly === null || days === undefined ? undefined : atClock(weekly.slice(2), `* * ${days}`);
}

function daysOf(said: string): string | undefined {
  if (said === 'day') return '*';
  if (said === 'weekday') return '1-5';
  if (said === 'weekend') return '0,6';
  const days = said
    .split(/,? and |, ?| /)
    .map((word) => DAYS.findIndex((day) => day === word || day.slice(0, 3) === word));
  return days.length > 0 && !days.includes(-1) ? [...new Set(days)].join(',') : undefined;
}

function atClock([hours = '', minutes = '0', half]: readonly (string | undefined)[], rest: string): string {
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0);
  const isFine = hour < 24 && Number(minutes) < 60 && (half === undefined || Number(hours) <= 12);
  if (!isFine) throw unclear(`There is no ${hours}:${minutes.padStart(2, '0')}${half ?? ''}.`);
  return `${Number(minutes)} ${hour} ${rest}`;
}

/** The text, when it is five fields of cron. */
function cronOf(text: string): string | undefined {
  if (text.split(' ').length !== 5 || !/^[\d*]/.test(text)) return undefined;
  try {
    new Cron(text, { mode: '5-part' });
    return text;
  } catch (error) {
    throw unclear(
      `${JSON.stringify(text)} is no pattern of cron: ${error instanceof Error ? error.message : ''}.`,
    );
  }
}

function assertTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw unclear(
      `There is no time zone ${JSON.stringify(timeZone)}.`,
      'Use a name such as Europe/Berlin or UTC.',
    );
  }
}

const unclear = (message: string, hint = HINT): CoworkError => new CoworkError('USAGE', message, { hint });
