import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastDue, nextDue, parseWhen, wallClock } from '../../../src/supervisor/schedule/when.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z'); // a Friday
const next = (says: string, timeZone = 'Europe/Berlin', now = NOW): string =>
  new Date(nextDue(parseWhen(says, timeZone, now), now) ?? Number.NaN).toISOString();

test.each([
  ['every minute', '2026-11-20T12:01:00.000Z'],
  ['every 15 minutes', '2026-11-20T12:15:00.000Z'],
  ['every hour', '2026-11-20T13:00:00.000Z'],
  ['every 6 hours', '2026-11-20T17:00:00.000Z'],
  ['every day 8:00', '2026-11-21T07:00:00.000Z'],
  ['Every  day at 1pm', '2026-11-21T12:00:00.000Z'],
  ['every day 12am', '2026-11-20T23:00:00.000Z'],
  ['every weekday 8:00', '2026-11-23T07:00:00.000Z'],
  ['every weekend at 9', '2026-11-21T08:00:00.000Z'],
  ['every monday 9:30', '2026-11-23T08:30:00.000Z'],
  ['every Mon, Wed and Fri 17:30', '2026-11-20T16:30:00.000Z'],
  ['every month on the 1st 6:05 pm', '2026-12-01T17:05:00.000Z'],
  ['30 8 * * 1-5', '2026-11-23T07:30:00.000Z'],
  ['at 2027-01-31 18:00', '2027-01-31T17:00:00.000Z'],
  ['2027-07-01T08:00', '2027-07-01T06:00:00.000Z'],
  ['at 2027-03-28 02:30', '2027-03-28T01:00:00.000Z'], // that hour is skipped
  ['at 2027-10-31 02:30', '2027-10-31T00:30:00.000Z'], // that one comes twice
  ['2027-01-31T18:00:00Z', '2027-01-31T18:00:00.000Z'],
  ['in 2 hours', '2026-11-20T14:00:00.000Z'],
])('%s', (says, expected) => {
  expect(next(says)).toBe(expected);
});

test.each([
  'soon',
  'every day',
  'every day 25:00',
  'every day 13pm',
  'every 7 minutes',
  'every 0 minutes',
  'every noday 8:00',
  '61 * * * *',
  '0 0 31 2 *',
  'at 2026-11-20 10:00',
  'at 2027-02-30 10:00',
  '2027-04-31T10:00:00+02:00',
  'at 2027-01-31 25:00',
  'at 2027-13-01 10:00',
  '',
])('%j is refused, with examples', (says) => {
  expect(() => parseWhen(says, 'Europe/Berlin', NOW)).toThrow(
    expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('every weekday 8:00') }),
  );
});

test('a time zone that does not exist is refused', () => {
  expect(() => parseWhen('every day 8:00', 'Mars/Olympus', NOW)).toThrow(/no time zone/);
});

describe('a year with two changes of the clock', () => {
  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'])(
    'is due once on each day, at an hour that is skipped or comes twice, in %s',
    (timeZone) => {
      const start = Date.parse('2026-01-01T12:00:00Z');
      const when = parseWhen('every day 2:30', timeZone, start);
      const days: string[] = [];
      let at = start;
      for (let i = 0; i < 365; i++) {
        const due = nextDue(when, at) ?? Number.NaN;
        expect(due).toBeGreaterThan(at);
        at = due;
        days.push(wallClock(due, timeZone).slice(0, 8));
      }
      expect(new Set(days).size).toBe(365);
    },
  );

  test('is gone through by steps of any length, and every time counts once', () => {
    const start = Date.parse('2026-03-01T00:00:00Z');
    const when = parseWhen('every hour', 'Europe/Berlin', start);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 86_400_000 }), { maxLength: 12 }), (steps) => {
        let [now, after, counted] = [start, start, 0];
        for (const step of steps) {
          now += step;
          const last = lastDue(when, after, now);
          if (last === undefined) continue;
          expect(last.due).toBeGreaterThan(after);
          expect(last.due).toBeLessThanOrEqual(now);
          expect(now - last.due).toBeLessThan(3_600_000);
          counted += 1 + last.missed;
          after = last.due;
        }
        expect(counted).toBe(Math.floor((after - start) / 3_600_000));
      }),
      { numRuns: 25 },
    );
  });
});

test('what was due a million times in between is found without counting them all', () => {
  const start = Date.parse('2024-01-01T00:00:00Z');
  const when = parseWhen('every minute', 'UTC', start);
  const now = Date.parse('2026-11-20T12:00:30Z');
  const last = lastDue(when, start, now);
  expect(new Date(last?.due ?? 0).toISOString()).toBe('2026-11-20T12:00:00.000Z');
  expect(last?.missed).toBeGreaterThanOrEqual(1_000);
});
