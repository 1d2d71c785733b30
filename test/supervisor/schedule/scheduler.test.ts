import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openRuns, type Run } from '../../../src/supervisor/schedule/runs.ts';
import { type LaunchOutcome, Scheduler, type TeamState } from '../../../src/supervisor/schedule/scheduler.ts';
import { createSchedule, type Schedule, scheduleFolder } from '../../../src/supervisor/schedule/schedules.ts';
import { parseWhen } from '../../../src/supervisor/schedule/when.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const START = Date.parse('2026-11-20T12:00:00Z');
const BEGUN: LaunchOutcome = { code: null, reason: '', isFinal: false };
const MINUTE = 60_000;

/** A scheduler on a clock and teams of the test; its files are real. */
async function openWorld(says: string, changes: Partial<Schedule> = {}, timeZone = 'UTC') {
  const home = await temporaryFolder();
  const world = {
    now: START,
    teams: new Map<string, TeamState>(),
    launches: [] as string[],
    watched: [] as string[],
    answer: (_: string): LaunchOutcome | Promise<LaunchOutcome> => BEGUN,
  };
  const open = () =>
    new Scheduler({
      home,
      now: () => world.now,
      launch: async (_, team) => {
        world.launches.push(team);
        const outcome = await world.answer(team);
        if (outcome.code === null) world.teams.set(team, { isRunning: true });
        return outcome;
      },
      team: async (team) => world.teams.get(team),
      watchOver: async (team) => void world.watched.push(team),
      log: () => undefined,
    });
  await createSchedule(home, {
    ...{ v: 1, name: 'daily', when: parseWhen(says, timeZone, START), job: 'Sort', args: [], folder: '/' },
    ...{ overlap: 'skip', catchUp: true, created: new Date(START).toISOString() },
    ...changes,
  });
  let scheduler = open();
  const step = async (ms = 0): Promise<Run[]> => {
    world.now += ms;
    await scheduler.step();
    await scheduler.settled();
    return openRuns(home, 'daily').read();
  };
  const end = (team: string, outcome = 'done'): void =>
    void world.teams.set(team, { isRunning: false, outcome, costUsd: 0.5, summary: 'All is sorted' });
  /** Another scheduler, as after a kill: it knows what is in the files. */
  const restart = (): void => {
    scheduler = open();
  };
  return { home, world, step, end, restart, scheduler: () => scheduler };
}

test('fire, attempt and result are told apart, and the team has the time in its name', async () => {
  const { world, step, end } = await openWorld('every hour');
  expect(await step()).toEqual([]);
  expect(await step(59 * MINUTE)).toEqual([]);
  const [begun] = await step(2 * MINUTE);
  expect(begun).toMatchObject({
    ...{ due: '2026-11-20T13:00:00.000Z', fired: '2026-11-20T13:01:00.000Z', state: 'running', missed: 0 },
    ...{ team: 'daily-20261120-1300', result: null },
  });
  end('daily-20261120-1300');
  const [ended] = await step(MINUTE);
  expect(ended).toMatchObject({
    state: 'ended',
    result: { outcome: 'done', costUsd: 0.5, summary: 'All is sorted' },
  });
  expect(world.launches).toEqual(['daily-20261120-1300']);
});

test('what went by unseen is made up for once, by one run that says how many it stands for', async () => {
  const { world, step } = await openWorld('every hour');
  const runs = await step(8 * 60 * MINUTE + 10 * MINUTE);
  expect(runs).toMatchObject([{ due: '2026-11-20T20:00:00.000Z', missed: 7, state: 'running' }]);
  expect(world.launches).toHaveLength(1);
  expect(await step(MINUTE)).toHaveLength(1);
});

test('without catching up it is left out, and said; what is only minutes late is not', async () => {
  const { step } = await openWorld('every hour', { catchUp: false });
  expect(await step(70 * MINUTE)).toMatchObject([
    { state: 'skipped', reason: 'nobody minded it when it was due' },
  ]);
  expect(await step(53 * MINUTE)).toMatchObject([{}, { state: 'running' }]);
});

test('a run that is due while another runs is left out, waits, or begins beside it', async () => {
  const skip = await openWorld('every hour');
  await skip.step(61 * MINUTE);
  expect(await skip.step(60 * MINUTE)).toMatchObject([
    { state: 'running' },
    { state: 'skipped', reason: 'the run of 2026-11-20T13:00:00.000Z had not ended' },
  ]);

  const queue = await openWorld('every hour', { overlap: 'queue' });
  await queue.step(61 * MINUTE);
  await queue.step(60 * MINUTE);
  expect(await queue.step(60 * MINUTE)).toMatchObject([
    { state: 'running' },
    { state: 'skipped', reason: 'a later one was due before it could begin' },
    { state: 'waiting' },
  ]);
  queue.end('daily-20261120-1300', 'failed');
  expect(await queue.step(MINUTE)).toMatchObject([
    { result: { outcome: 'failed' } },
    {},
    { state: 'running' },
  ]);

  const parallel = await openWorld('every hour', { overlap: 'parallel' });
  await parallel.step(61 * MINUTE);
  expect(await parallel.step(60 * MINUTE)).toMatchObject([{ state: 'running' }, { state: 'running' }]);
});

test('a refused launch is tried again, later each time, and given up after three; wrong use at once', async () => {
  const { world, step } = await openWorld('every day 13:00');
  world.answer = () => ({ code: 'TEAM_NOT_READY', reason: 'The disk is slow.', isFinal: false });
  expect(await step(61 * MINUTE)).toMatchObject([
    { state: 'waiting', attempts: [{ code: 'TEAM_NOT_READY' }] },
  ]);
  expect(await step(30_000)).toMatchObject([{ attempts: [{}] }]);
  expect(await step(MINUTE)).toMatchObject([{ attempts: [{}, {}] }]);
  expect(await step(MINUTE)).toMatchObject([{ attempts: [{}, {}] }]);
  expect(await step(2 * MINUTE)).toMatchObject([
    { state: 'not started', reason: 'The disk is slow.', attempts: [{}, {}, {}] },
  ]);
  expect(await step(60 * MINUTE)).toHaveLength(1);
  expect(world.launches).toHaveLength(3);

  const wrong = await openWorld('every day 13:00');
  wrong.world.answer = () => ({ code: 'GRANT_INVALID', reason: 'There is no such folder.', isFinal: true });
  expect(await wrong.step(61 * MINUTE)).toMatchObject([{ state: 'not started', attempts: [{}] }]);
});

test('a scheduler that is killed anywhere is followed by one that launches nothing twice', async () => {
  const { home, world, step, restart, end, scheduler } = await openWorld('every hour');
  // Killed in the launch, before and after the team was there.
  const never = Promise.withResolvers<LaunchOutcome>();
  world.answer = () => never.promise;
  world.now += 61 * MINUTE;
  const killed = await openKilled();
  expect(killed).toMatchObject([{ state: 'attempted' }]);
  world.teams.set('daily-20261120-1300', { isRunning: true });
  restart();
  expect(await step(MINUTE)).toMatchObject([{ state: 'running', team: 'daily-20261120-1300' }]);
  expect(world.launches).toHaveLength(1);
  restart();
  expect(await step(MINUTE)).toHaveLength(1);
  expect(world.watched).toContain('daily-20261120-1300');
  end('daily-20261120-1300');

  world.now += 60 * MINUTE;
  expect(await openKilled()).toMatchObject([{ state: 'ended' }, { state: 'attempted' }]);
  world.answer = () => BEGUN;
  restart();
  expect(await step(10_000)).toMatchObject([{}, { state: 'waiting', attempts: [{ code: 'START_FAILED' }] }]);
  expect(await step(2 * MINUTE)).toMatchObject([{}, { state: 'running', team: 'daily-20261120-1400' }]);

  async function openKilled(): Promise<Run[]> {
    restart();
    const before = world.launches.length;
    await scheduler().step();
    expect(world.launches).toHaveLength(before + 1);
    return openRuns(home, 'daily').read();
  }
}, 20_000);

test('a clock that is set back launches nothing twice, and a night of eight hours is one run', async () => {
  const { world, step, end } = await openWorld('every hour');
  await step(61 * MINUTE);
  expect(await step(-90 * MINUTE)).toHaveLength(1);
  expect(await step(80 * MINUTE)).toHaveLength(1);
  end('daily-20261120-1300');
  const runs = await step(8 * 60 * MINUTE);
  expect(runs).toHaveLength(2);
  expect(runs[1]).toMatchObject({ due: '2026-11-20T20:00:00.000Z', missed: 6 });
  expect(world.launches).toHaveLength(2);
});

test('once is once, a removed team is a result, and a removed schedule ends nothing else', async () => {
  const { home, world, step, scheduler } = await openWorld('at 2026-11-20 13:00');
  expect(await step(24 * 60 * MINUTE)).toMatchObject([{ state: 'running', missed: 0 }]);
  world.teams.clear();
  expect(await step(24 * 60 * MINUTE)).toMatchObject([{ state: 'ended', result: { outcome: 'removed' } }]);
  expect(await step(24 * 60 * MINUTE)).toHaveLength(1);
  await rm(scheduleFolder(home, 'daily'), { recursive: true });
  expect(await scheduler().step()).toBeUndefined();
});

test('a year of every day at half past two has one run a day through both changes of the clock', async () => {
  const { world, step, end } = await openWorld('every day 2:30', {}, 'Europe/Berlin');
  let runs: Run[] = [];
  for (let day = 0; day < 365; day++) {
    runs = await step(24 * 60 * MINUTE);
    const team = runs.at(-1)?.team;
    if (typeof team === 'string') end(team);
  }
  expect(runs).toHaveLength(365);
  expect(new Set(world.launches).size).toBe(365);
  expect(runs.filter(({ missed }) => missed > 0)).toEqual([]);
}, 60_000);
