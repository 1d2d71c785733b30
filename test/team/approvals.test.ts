import { appendFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openAlerts } from '../../src/team/alerts.ts';
import {
  answerApproval,
  askApproval,
  expireApprovals,
  listApprovals,
  MOST_OPEN,
  openApprovals,
} from '../../src/team/approvals.ts';
import { approvalsFile, homeOf, settingsFile } from '../../src/team/paths.ts';
import { teamFiles } from '../support/team-files.ts';

const question = {
  kind: 'host',
  agent: 'ada',
  incarnation: 1,
  what: 'example.org',
  why: 'To read it.',
} as const;

test('a request is open and an alert until it is answered, and the answer stands with who gave it', async () => {
  const dir = await teamFiles();
  const asked = await askApproval(dir, question);
  expect(asked).toMatchObject({ id: 'a1', state: 'open', agent: 'ada', answeredBy: null });
  expect(openAlerts(dir)).toMatchObject([{ agent: 'ada', kind: 'approval' }]);
  await answerApproval(dir, {
    id: 'a1',
    state: 'allowed',
    by: 'user',
    where: 'command line',
    note: 'once',
    result: { port: 443 },
  });
  expect(listApprovals(dir)).toMatchObject([
    { id: 'a1', state: 'allowed', answeredBy: 'user', note: 'once', result: { port: 443 } },
  ]);
  expect(openAlerts(dir)).toEqual([]);
});

test('a request is answered once: of answers that come at the same time the first in the journal counts', async () => {
  const dir = await teamFiles();
  await askApproval(dir, question);
  const answers = (['allowed', 'denied', 'allowed', 'denied'] as const).map((state) =>
    answerApproval(dir, { id: 'a1', state, by: 'user', where: 'command line' }).catch(
      (error: { code: string }) => error.code,
    ),
  );
  const outcomes = await Promise.all(answers);
  expect(outcomes.filter((outcome) => outcome === 'APPROVAL_SETTLED')).toHaveLength(3);
  const won = outcomes.find((outcome) => typeof outcome !== 'string');
  expect(listApprovals(dir)).toEqual([won]);
  await expect(
    answerApproval(dir, { id: 'a2', state: 'denied', by: 'user', where: 'command line' }),
  ).rejects.toMatchObject({
    code: 'APPROVAL_UNKNOWN',
  });
});

test('what nobody answers in time is denied, and can not be allowed any more', async () => {
  const dir = await teamFiles();
  await askApproval(dir, { ...question, timeoutMs: 1000 }, 5000);
  expect(openApprovals(dir, 5999)).toHaveLength(1);
  expect(listApprovals(dir, 6000)).toMatchObject([{ state: 'expired', answered: null }]);
  await expect(
    answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user', where: 'command line' }, 6000),
  ).rejects.toMatchObject({
    code: 'APPROVAL_SETTLED',
  });
  await expireApprovals(dir, 'ben', 6000);
  expect(openAlerts(dir)).toHaveLength(1);
  await expireApprovals(dir, 'ada', 6000);
  await expireApprovals(dir, 'ada', 7000);
  expect(listApprovals(dir, 5000)).toMatchObject([{ state: 'expired', answeredBy: 'team' }]);
  expect(openAlerts(dir)).toEqual([]);
});

test('what is asked for already is not asked twice, and one agent has a bounded number of open requests', async () => {
  const dir = await teamFiles();
  const first = await askApproval(dir, question);
  expect(await askApproval(dir, { ...question, why: 'Please.' })).toEqual(first);
  expect((await askApproval(dir, { ...question, agent: 'ben' })).id).toBe('a2');
  for (let i = 1; i < MOST_OPEN; i++) await askApproval(dir, { ...question, what: `host-${i}` });
  await expect(askApproval(dir, { ...question, what: 'more' })).rejects.toMatchObject({
    code: 'APPROVALS_FULL',
  });
  await answerApproval(dir, { id: 'a1', state: 'denied', by: 'user', where: 'command line' });
  expect((await askApproval(dir, question)).id).toBe(`a${MOST_OPEN + 2}`);
});

test('records that are torn, foreign or answer nothing change nothing', async () => {
  const dir = await teamFiles();
  await askApproval(dir, question);
  const head = { v: 1, id: 'X', by: 'ada', incarnation: 1, at: '2026-01-01T00:00:00.000Z' };
  const foreign = [
    { ...head, type: 'answered', request: 'a7', state: 'allowed', note: '', result: {} },
    { ...head, type: 'answered', request: 'a1', state: 'maybe', note: '', result: {} },
    { ...head, type: 'asked', kind: 'everything', what: 'x', why: 'y', detail: {}, expires: 'z' },
  ];
  for (const record of foreign) appendFileSync(approvalsFile(dir), `\n${JSON.stringify(record)}\n`);
  appendFileSync(approvalsFile(dir), '\n{"v":1,"type":"answ');
  expect(openApprovals(dir)).toHaveLength(1);
  await answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user', where: 'command line' });
  expect(listApprovals(dir)).toMatchObject([{ id: 'a1', state: 'allowed' }]);
});

test('the second answer is refused with who was first, where and when, and the record keeps that', async () => {
  const dir = await teamFiles();
  await askApproval(dir, question);
  await answerApproval(dir, { id: 'a1', state: 'denied', by: 'user', where: 'browser', who: 'mia' }, 5000);
  const second = answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user', where: 'pane' });
  await expect(second).rejects.toMatchObject({
    code: 'APPROVAL_SETTLED',
    message: 'Request a1 is settled already: denied by user (mia) in the browser at 1970-01-01 00:00:05.',
  });
  expect(listApprovals(dir)).toMatchObject([
    { state: 'denied', answeredBy: 'user', answeredIn: 'browser', answeredWho: 'mia', reach: 'team' },
  ]);
  // Whoever writes another answer behind it changes nothing.
  const late = { type: 'answered', request: 'a1', state: 'allowed', note: '', result: { host: 'x' } };
  const head = { v: 1, id: 'X', by: 'user', incarnation: 0, at: '2026-01-01T00:00:00.000Z' };
  appendFileSync(approvalsFile(dir), `\n${JSON.stringify({ ...head, ...late })}\n`);
  expect(listApprovals(dir)).toMatchObject([{ state: 'denied', answeredWho: 'mia' }]);
});

test('the time until no answer means no is set for each kind in settings.json, and a day without it', async () => {
  const dir = await teamFiles();
  const file = settingsFile(homeOf(dir));
  writeFileSync(file, JSON.stringify({ approvals: { minutes: { host: 10 } } }));
  const asked = await askApproval(dir, question, 0);
  const other = await askApproval(dir, { ...question, kind: 'question' }, 0);
  expect([asked, other].map(({ expires }) => Date.parse(expires) / 60_000)).toEqual([10, 24 * 60]);
  for (const wrong of [
    '{',
    '{"approvals":{"minutes":{"host":-1}}}',
    '{"approvals":{"minutes":{"hosts":1}}}',
  ]) {
    writeFileSync(file, wrong);
    await expect(askApproval(dir, { ...question, what: 'other' })).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
    });
  }
});

test('what several keepers ask for the team at once is one request, and the first stands for all', async () => {
  const dir = await teamFiles();
  const ask = { ...question, agent: 'team', incarnation: 0, kind: 'budget' } as const;
  const asked = await Promise.all([askApproval(dir, ask), askApproval(dir, ask), askApproval(dir, ask)]);
  expect(new Set(asked.map(({ id }) => id))).toEqual(new Set(['a1']));
  expect(openApprovals(dir)).toHaveLength(1);
  await answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user', where: 'pane' });
  expect((await askApproval(dir, ask)).id).not.toBe('a1');
});
