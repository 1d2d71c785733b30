import { existsSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EgressEvent } from '../../src/gate/egress/egress.ts';
import { createEgressLog } from '../../src/keeper/egress-log.ts';
import { openAlerts } from '../../src/team/alerts.ts';
import { egressFile } from '../../src/team/paths.ts';
import { teamFiles } from '../support/team-files.ts';

const refusal = (host: string): EgressEvent => ({
  ...{ type: 'refused', way: 'tunnel', host, kind: 'not allowed' },
  why: `${host} is not allowed for this team.`,
});
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('each connection and refusal is a record of the agent, and all refusals are one alert', async () => {
  const dir = await teamFiles();
  const log = createEgressLog({ dir, agent: 'ada', incarnation: 3 });
  await log.note({ type: 'opened', way: 'request', host: 'a.test:80', rule: 'a.test', address: '192.0.2.1' });
  await log.note(refusal('b.test:443'));
  await log.note(refusal('c.test:443'));
  const file = egressFile(dir, 'ada');
  expect(lines(file)).toMatchObject([
    { v: 1, type: 'opened', by: 'ada', incarnation: 3, host: 'a.test:80', rule: 'a.test' },
    { type: 'refused', host: 'b.test:443', kind: 'not allowed' },
    { type: 'refused', host: 'c.test:443' },
  ]);
  expect(openAlerts(dir)).toMatchObject([
    { agent: 'ada', kind: 'host refused', text: expect.stringContaining('b.test:443 is not allowed') },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a program that tries for ever fills no disk', async () => {
  const dir = await teamFiles();
  const log = createEgressLog({ dir, agent: 'ada', incarnation: 1 });
  for (let i = 0; i < 1_000; i++) await log.note(refusal('same.test:443'));
  expect(lines(egressFile(dir, 'ada')).map(({ times = 1 }) => times)).toEqual([
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
  ]);
  for (let i = 0; i < 5_000; i++) await log.note(refusal(`n${i}.test:443`));
  expect(lines(egressFile(dir, 'ada')).length).toBeLessThan(1_100);
});

test('a log that has grown makes room, and the one before is kept', async () => {
  const dir = await teamFiles();
  const log = createEgressLog({ dir, agent: 'ada', incarnation: 1, fileMax: 2_000 });
  for (let i = 0; i < 50; i++) await log.note(refusal(`n${i}.test:443`));
  const file = egressFile(dir, 'ada');
  expect(existsSync(file.replace('.jsonl', '.1.jsonl'))).toBe(true);
  expect(statSync(file).size).toBeLessThan(3_000);
});
