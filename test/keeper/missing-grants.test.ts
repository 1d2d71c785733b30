import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missingGrants, tellMissingGrants } from '../../src/keeper/missing-grants.ts';
import { openAlerts } from '../../src/team/alerts.ts';
import { teamFiles } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('folders that are gone or can not be served are one alert with their reasons, which closes when all are there again', async () => {
  const folder = await temporaryFolder();
  const dir = await teamFiles();
  const grants = ['gone', 'file', 'link', 'there'].map((name) => ({
    ...{ name, path: join(folder, name) },
    mode: 'rw' as const,
  }));
  writeFileSync(join(folder, 'file'), '');
  for (const name of ['link', 'there']) mkdirSync(join(folder, name));
  const unserved = [{ name: 'link', reason: 'it is a symbolic link' }];
  const missing = missingGrants(grants, { showGrants: () => unserved });
  await tellMissingGrants(dir, 'ada', missing);
  await tellMissingGrants(dir, 'ada', missing);
  expect(openAlerts(dir)).toMatchObject([
    {
      ...{ agent: 'ada', kind: 'grant' },
      text: expect.stringMatching(
        /^ada works without gone \(it is not there any more\), file \(it is no folder any more\), link \(it is a symbolic link\)\./,
      ),
    },
  ]);
  rmdirSync(join(folder, 'link'));
  const whole = missingGrants(grants.slice(3), { showGrants: () => [] });
  expect(whole).toEqual([]);
  await tellMissingGrants(dir, 'ada', whole);
  expect(openAlerts(dir)).toEqual([]);
});
