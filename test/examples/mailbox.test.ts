import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check } from '../../examples/mailbox/check.ts';
import { prepare } from '../../examples/mailbox/prepare.ts';
import rehearsal from '../../examples/mailbox/rehearsal.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { perform } from './stage.ts';

const TEAM = ['ada', 'ben', 'cleo'];

async function laidOut() {
  const folder = join(await temporaryFolder(), 'mail box');
  return { folder, manifest: await prepare(folder) };
}

test('The team sorts 500 real mails, talks about the odd years, and passes the checker', {
  timeout: 60_000,
}, async () => {
  const { folder, manifest } = await laidOut();
  const done = await perform({ rehearsal, folder, teammates: TEAM });
  const result = await check(folder, manifest);
  expect(result.problems).toEqual([]);
  expect(result).toMatchObject({ ok: true, mails: 500, folders: 27, digests: 27 });
  expect(result.undated).toBeGreaterThan(5);
  expect(done.summary).toMatch(/500 mails: 491 in 27 months, 9 undated/);
  expect(done.tasks.map(({ state }) => state)).toEqual(Array(12).fill('completed'));
  const owners = new Set(done.tasks.map(({ owner }) => owner));
  expect([...owners].sort()).toEqual(['ada', 'ben', 'cleo', 'lead']);
  const said = done.mail.map(({ from, to, text }) => `${from} to ${to}: ${text}`);
  expect(said).toContainEqual(expect.stringMatching(/^ada to ben: In the mails .* have a year like 0102/));
  expect(said).toContainEqual(expect.stringMatching(/^ben to ada: (Yes: I have|I have met none)/));
  expect(said).toContainEqual(expect.stringMatching(/^ada to cleo: Rule: years like 0102 count from 1900/));
  expect(said).toContainEqual(expect.stringMatching(/^lead to ada: Rule: the Date header decides/));
});

test('A team of one, and a team whose agents are killed again and again, come to the same end', {
  timeout: 120_000,
}, async () => {
  const alone = await laidOut();
  await perform({ rehearsal, folder: alone.folder, teammates: ['zoe'] });
  expect(await check(alone.folder, alone.manifest)).toMatchObject({ ok: true, problems: [] });

  const unlucky = await laidOut();
  await perform({ rehearsal, folder: unlucky.folder, teammates: TEAM, kills: (_, call) => call % 3 === 0 });
  expect(await check(unlucky.folder, unlucky.manifest)).toMatchObject({ ok: true, problems: [] });
});
