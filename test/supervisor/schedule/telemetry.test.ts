import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openScheduleTelemetry } from '../../../src/supervisor/schedule/telemetry.ts';
import { settingsFile } from '../../../src/team/paths.ts';
import { receive } from '../../support/otlp.ts';
import { temporaryFolder } from '../../support/temporary.ts';

test('runs, misses and results are counted by schedule, and what a run is about is not told', async () => {
  const { got, endpoint } = await receive();
  const home = join(await temporaryFolder(), 'home');
  mkdirSync(home);
  writeFileSync(settingsFile(home), JSON.stringify({ telemetry: { endpoint, seconds: 3600 } }));
  const telemetry = await openScheduleTelemetry({ home, onTrouble: expect.unreachable });
  const [first, second] = ['2026-11-20T12:00:00.000Z', '2026-11-20T13:00:00.000Z'];
  const note = (type: string, due: string | undefined, fields: object = {}) =>
    telemetry.note(`run_${type}`, { schedule: 'daily', type, due, ...fields });
  note('fired', first, { missed: 3 });
  note('attempted', first, { team: 'daily-1' });
  note('refused', first, { code: 'START_FAILED', reason: 'Very secret' });
  note('started', first, { team: 'daily-1' });
  note('ended', first, { outcome: 'failed', costUsd: 0.5, summary: 'Very secret' });
  note('fired', second, { missed: 0 });
  note('skipped', second, { reason: 'Very secret' });
  telemetry.note('telemetry_failed', { reason: 'Very secret' });
  await telemetry[Symbol.asyncDispose]();

  expect(got.spans.map(({ name }) => name)).toEqual(['run ended', 'run skipped']);
  expect(got.spans[0]).toMatchObject({ status: { code: 2 }, resource: { 'cowork.role': 'scheduler' } });
  expect(JSON.stringify(got.metrics.get('cowork.schedule.missed'))).toMatch(/"asInt":"?3\b|"asDouble":3\b/);
  const steps = JSON.stringify(got.metrics.get('cowork.schedule.steps'));
  for (const step of [
    'fired',
    'attempted',
    'refused',
    'started',
    'ended',
    'skipped',
    'START_FAILED',
    'failed',
  ])
    expect(steps).toContain(`"${step}"`);
  expect(got.bodies).toContain('daily-1');
  expect(got.bodies).not.toContain('secret');
});

test('without an endpoint nothing is loaded and nothing is told', async () => {
  const telemetry = await openScheduleTelemetry({
    home: await temporaryFolder(),
    onTrouble: expect.unreachable,
  });
  telemetry.note('run_fired', { schedule: 'daily', due: 'x', missed: 1 });
  await telemetry[Symbol.asyncDispose]();
});
