/** Where a mail belongs, by the rules of job.md; written for the checker alone. */
export interface DatedAs {
  /** `YYYY-MM` or `undated`. */
  folder: string;
  /** UTC with Z when the zone is known, local without when it is not, empty when undated. */
  date: string;
  reason?: 'missing' | 'unreadable' | 'implausible' | 'zone';
  hasFrom: boolean;
  hasSubject: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const HOURS: Record<string, number> = {
  UT: 0,
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
const HOUR_MS = 3_600_000;

/** Dates a mail by its bytes. */
export function dateMail(bytes: Buffer): DatedAs {
  const fields = fieldsOf(bytes.toString('latin1'));
  const has = { hasFrom: Boolean(fields.get('from')), hasSubject: Boolean(fields.get('subject')) };
  return { ...has, ...place(fields.get('date')) };
}

/** The first value of each header field, folds joined. */
function fieldsOf(mail: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of mail.split('\n').map((line) => line.replace(/\r$/, ''))) {
    if (line === '') break;
    if (/^[ \t]/.test(line)) {
      if (name !== '') fields.set(name, `${fields.get(name)} ${line.trim()}`.trim());
      continue;
    }
    const colon = line.indexOf(':');
    name = colon > 0 ? line.slice(0, colon).toLowerCase() : '';
    // Only the first field of a name counts; a later one must not take its folds either.
    if (fields.has(name)) name = '';
    if (name !== '') fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

interface Stamp {
  year: number;
  month: number;
  day: number;
  clock: [number, number, number];
  /** Hours east of UTC, or undefined when not known. */
  zone: number | undefined;
}

type Place = Pick<DatedAs, 'folder' | 'date' | 'reason'>;

function place(header: string | undefined): Place {
  if (header === undefined) return { folder: 'undated', date: '', reason: 'missing' };
  const stamp = stampOf(header);
  if (!stamp) return { folder: 'undated', date: '', reason: 'unreadable' };
  if (stamp.year < 1995 || stamp.year > 2003) return { folder: 'undated', date: '', reason: 'implausible' };
  const local = Date.UTC(stamp.year, stamp.month - 1, stamp.day, ...stamp.clock);
  if (stamp.zone !== undefined) {
    const utc = iso(local - stamp.zone * HOUR_MS);
    return { folder: utc.slice(0, 7), date: `${utc}Z` };
  }
  const [first, last] = [iso(local - 14 * HOUR_MS).slice(0, 7), iso(local + 12 * HOUR_MS).slice(0, 7)];
  if (first !== last) return { folder: 'undated', date: '', reason: 'zone' };
  return { folder: first, date: iso(local) };
}

/** Reads the words of a date one by one; it knows each by its shape. */
function stampOf(header: string): Stamp | undefined {
  const words = header
    .replace(/\([^()]*\)/g, ' ')
    .replace(/^\s*[A-Za-z]+\s*,/, ' ')
    .split(/[\s]+/)
    .filter((word) => word !== '');
  if (/^(mon|tue|wed|thu|fri|sat|sun)/i.test(words[0] ?? '')) words.shift();
  const clockAt = words.findIndex((word) => word.includes(':'));
  if (clockAt < 0) return undefined;
  const before = words.slice(0, clockAt);
  const after = words.slice(clockAt + 1);
  const half = /^[ap]m$/i.test(after[0] ?? '') ? after.shift()?.toUpperCase() : undefined;
  const clock = clockOf(words[clockAt] ?? '', half);
  const day = dayOf(before, after);
  if (!clock || !day) return undefined;
  return { ...day, clock, zone: zoneOf(after[0]) };
}

function clockOf(word: string, half: string | undefined): [number, number, number] | undefined {
  const parts = word.split(':');
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^\d{1,2}$/.test(part)))
    return undefined;
  const [hour = 0, minute = 0, second = 0] = parts.map(Number);
  const hours = half === undefined ? hour : (hour % 12) + (half === 'PM' ? 12 : 0);
  return hours < 24 && minute < 60 && second < 60 ? [hours, minute, second] : undefined;
}

/** Day, month and year: `6 Sep 2002` or `2002/09/14 Sat` before the time, or `Sep 21` before it and the year after. */
function dayOf(before: string[], after: string[]): Pick<Stamp, 'year' | 'month' | 'day'> | undefined {
  const slashed = /^(\d{4})\/(\d{1,2})\/(\d{1,2})$/.exec(before[0] ?? '');
  if (slashed) return valid(Number(slashed[1]), Number(slashed[2]), Number(slashed[3]));
  const [first = '', second = '', third = ''] = before;
  if (/^\d{1,2}$/.test(first) && /^\d{2,4}$/.test(third))
    return valid(yearOf(third), monthOf(second), Number(first));
  if (/^\d{1,2}$/.test(second) && /^\d{4}$/.test(after[0] ?? '')) {
    return valid(Number(after.shift()), monthOf(first), Number(second));
  }
  return undefined;
}

/** `02` is 2002, `97` is 1997, and what is written 102 or 0102 was counted from 1900. */
function yearOf(word: string): number {
  const year = Number(word);
  if (word.length === 2) return year + (year < 50 ? 2000 : 1900);
  return year < 1000 ? year + 1900 : year;
}

function monthOf(word: string): number {
  return MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1;
}

function valid(year: number, month: number, day: number): Pick<Stamp, 'year' | 'month' | 'day'> | undefined {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= last ? { year, month, day } : undefined;
}

function zoneOf(word: string | undefined): number | undefined {
  const numeric = /^([+-])(\d\d)([0-5]\d)$/.exec(word ?? '');
  if (!numeric) return HOURS[(word ?? '').toUpperCase()];
  const hours = Number(numeric[2]) + Number(numeric[3]) / 60;
  return hours > 14 ? undefined : numeric[1] === '-' ? -hours : hours;
}

/** `2002-09-14T02:29:32`. */
function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
