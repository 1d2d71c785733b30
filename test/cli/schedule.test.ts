import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Run } from '../../src/supervisor/schedule/runs.ts';
import { settingsFile } from '../../src/team/paths.ts';
import { type Desk, kill, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { receive } from '../support/otlp.ts';
import { fixture } from '../support/team.ts';

const LAUNCH = ['--teammates', '1', '--sandbox', 'none', '--rehearsal', fixture('count')];

const add = (desk: Desk, when: string, name: string, ...more: string[]) =>
  desk.json<{ name: string; next: string; args: string[] }>(
    'schedule',
    'add',
    when,
    'Say done',
    '--name',
    name,
    ...LAUNCH,
    ...more,
  );
const runsOf = (desk: Desk, name: string) => desk.json<Run[]>('schedule', 'runs', name);
const scheduler = (desk: Desk) => desk.processes().find(({ command }) => command.includes('scheduler.mjs'));

test('a scheduled job is launched when it is due, its result is kept, and the scheduler goes when nothing is left', async () => {
  const desk = openDesk();
  const { got, endpoint } = await receive();
  mkdirSync(desk.home);
  writeFileSync(settingsFile(desk.home), JSON.stringify({ telemetry: { endpoint, seconds: 1 } }));
  expect((await desk.cowork(['schedule'])).stdout).toContain('There is no schedule yet.');
  const added = await add(desk, 'in 2 seconds', 'soon');
  expect(added).toMatchObject({
    name: 'soon',
    when: 'in 2 seconds',
    overlap: 'skip',
    minded: true,
    last: null,
  });
  const ended = await eventually(
    'the run to end',
    async () => (await runsOf(desk, 'soon')).find(({ state }) => state === 'ended'),
    60_000,
  );
  expect(ended).toMatchObject({
    due: added.next,
    missed: 0,
    attempts: [{ code: null }],
    result: { outcome: 'done' },
  });
  expect((await desk.json<{ state: string }>('status', '-t', ended.team ?? '')).state).toBe('done');
  const shown = (await desk.cowork(['schedule', 'runs'])).stdout;
  expect(shown).toMatch(/soon .* done +soon-\d{8}-\d{4}/);
  expect((await desk.cowork(['schedule', 'list'])).stdout).toMatch(
    /soon +in 2 seconds +no more +done +Say done/,
  );

  expect(await desk.json('schedule', 'remove', 'soon')).toEqual({ name: 'soon', removed: true });
  await eventually('the scheduler to end', () => scheduler(desk) === undefined);
  expect(readdirSync(join(desk.home, 'schedules')).filter((name) => !name.startsWith('scheduler.'))).toEqual(
    [],
  );
  expect(await desk.json('teams')).toHaveLength(1);
  // What the scheduler tells its owner, at the latest when it goes: steps and results, and no word of the job.
  const run = await eventually('the run to be told', () =>
    got.spans.find(({ name }) => name === 'run ended'),
  );
  expect(run.resource).toMatchObject({ 'cowork.role': 'scheduler' });
  const steps = await eventually('the steps to be told', () => {
    const points = JSON.stringify(got.metrics.get('cowork.schedule.steps') ?? []);
    return ['fired', 'attempted', 'started', 'ended'].every((step) => points.includes(step)) && points;
  });
  expect(steps).toContain('"soon"');
  expect(got.bodies).not.toContain('Say done');
}, 90_000);

test('a launch that is refused is told with its reason, and a killed scheduler is started again by the next command', async () => {
  const desk = openDesk();
  const rehearsal = join(desk.folder, 'gone.ts');
  await desk.cowork(['schedule', 'add', 'every day 4:00', 'Later', '--name', 'later', ...LAUNCH]);
  const first = scheduler(desk)?.pid ?? 0;
  kill(first);
  await eventually('it to be gone', () => scheduler(desk) === undefined);
  expect((await desk.cowork(['schedule', 'list'])).stdout).toContain('cowork schedule start');
  expect(await desk.json('schedule', 'list')).toMatchObject([{ name: 'later', minded: false }]);
  expect((await desk.cowork(['schedule', 'start'])).stdout).toMatch(/The scheduler runs \(process \d+\)/);
  expect(scheduler(desk)?.pid).not.toBe(first);

  // What was there when it was added is gone when it is due.
  writeFileSync(rehearsal, '');
  await desk.cowork([
    'schedule',
    'add',
    'in 1 second',
    'Break',
    '--name',
    'broken',
    '--sandbox',
    'none',
    '--rehearsal',
    rehearsal,
  ]);
  rmSync(rehearsal);
  const refused = await eventually(
    'it to be refused',
    async () =>
      (await runsOf(desk, 'broken')).find(({ attempts }) => attempts.some(({ code }) => code !== null)),
    60_000,
  );
  expect(refused.attempts[0]).toMatchObject({ code: 'REHEARSAL_INVALID' });
  expect(refused).toMatchObject({ state: 'not started', team: null, result: null });
}, 90_000);

test('what can be seen to be wrong is refused when it is added', async () => {
  const desk = openDesk();
  expect(await desk.refusal('schedule', 'add', 'soon', 'Job')).toMatchObject({ exit: 2, code: 'USAGE' });
  expect(await desk.refusal('schedule', 'add', 'every day 8:00')).toMatchObject({ code: 'JOB_EMPTY' });
  expect(await desk.refusal('schedule', 'add', 'every day 8:00', 'Job', '--grant', '/nowhere')).toMatchObject(
    {
      code: 'GRANT_INVALID',
    },
  );
  expect(await desk.refusal('schedule', 'add', 'every day 8:00', 'Job', '--name', 'Not Good')).toMatchObject({
    code: 'NAME_INVALID',
  });
  expect(await desk.refusal('schedule', 'runs', 'nobody')).toMatchObject({
    exit: 3,
    code: 'SCHEDULE_UNKNOWN',
  });
  expect(await desk.refusal('schedule', 'ad')).toMatchObject({ hint: 'Did you mean add?' });
  expect(desk.processes()).toEqual([]);
});

test('a run has the flags of its schedule, wherever the scheduler was started', async () => {
  const desk = openDesk();
  const { args } = await add(
    desk,
    'every monday 9:00',
    'flags',
    '--grant',
    '.:ro',
    '--require-plan',
    '--max-turns',
    '7',
  );
  expect(args).toEqual([
    ...['--teammates=1', '--grant=.:ro', '--require-plan', '--max-turns=7', '--sandbox=none'],
    ...[`--rehearsal=${fixture('count')}`, '--job=Say done'],
  ]);
  expect(
    await desk.refusal('schedule', 'add', 'every day 8:00', 'Job', '--name', 'flags', ...LAUNCH),
  ).toMatchObject({
    exit: 4,
    code: 'SCHEDULE_TAKEN',
  });
});
