import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check } from '../../examples/addresses/check.ts';
import { prepare } from '../../examples/addresses/prepare.ts';
import rehearsal from '../../examples/addresses/rehearsal.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { perform } from './stage.ts';

test('The team compares 233 addresses, killed now and then, and passes the checker', {
  timeout: 120_000,
}, async () => {
  const folder = join(await temporaryFolder(), 'addresses');
  const manifest = await prepare(folder);
  const done = await perform({
    rehearsal,
    folder,
    teammates: ['ada', 'ben', 'cleo'],
    kills: (_, call) => call % 4 === 0,
  });
  const result = await check(folder, manifest);
  expect(result).toMatchObject({ ok: true, addresses: 233, eras: 7, digests: 7, problems: [] });
  expect(done.summary).toMatch(`233 addresses of ${result.words} words in 7 eras, 7 digests`);
  expect(done.tasks).toHaveLength(16);
  expect(done.mail).toContainEqual(
    expect.objectContaining({ to: 'lead', text: expect.stringMatching(/mean or median\?$/) }),
  );
  expect(done.mail).toContainEqual(
    expect.objectContaining({ from: 'lead', text: expect.stringMatching(/^Rule: /) }),
  );

  // What the checker believes only when it is so.
  await writeFile(join(folder, 'comparison.csv'), 'era,addresses\nfounding,1\n');
  await appendFile(join(folder, manifest.addresses[0]?.file ?? ''), ' ');
  await rm(join(folder, 'eras', 'today'), { recursive: true });
  const { ok, problems } = await check(folder, manifest);
  expect(ok).toBe(false);
  expect(problems).toEqual(
    expect.arrayContaining([
      '1790-george-washington.txt: its bytes were changed',
      expect.stringMatching(/^comparison\.csv: says founding,1, counted founding,38,/),
      expect.stringMatching(/^eras\/today\/digest\.md: does not name the longest/),
    ]),
  );
});
