import { appendFileSync } from 'node:fs';
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
import { approvalsFile } from '../../src/team/paths.ts';
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
  await answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user', note: 'once', result: { port: 443 } });
  expect(listApprovals(dir)).toMatchObject([
    { id: 'a1', state: 'allowed', answeredBy: 'user', note: 'once', result: { port: 443 } },
  ]);
  expect(openAlerts(dir)).toEqual([]);
});

test('a request is answered once: of answers that come at the same time the first in the journal counts', async () => {
  const dir = await teamFiles();
  await askApproval(dir, question);
  const answers = (['allowed', 'denied', 'allowed', 'denied'] as const).map((state) =>
    answerApproval(dir, { id: 'a1', state, by: 'user' }).catch((error: { code: string }) => error.code),
  );
  const outcomes = await Promise.all(answers);
  expect(outcomes.filter((outcome) => outcome === 'APPROVAL_SETTLED')).toHaveLength(3);
  const won = outcomes.find((outcome) => typeof outcome !== 'string');
  expect(listApprovals(dir)).toEqual([won]);
  await expect(answerApproval(dir, { id: 'a2', state: 'denied', by: 'user' })).rejects.toMatchObject({
    code: 'APPROVAL_UNKNOWN',
  });
});

test('what nobody answers in time is denied, and can not be allowed any more', async () => {
  const dir = await teamFiles();
  await askApproval(dir, { ...question, timeoutMs: 1000 }, 5000);
  expect(openApprovals(dir, 5999)).toHaveLength(1);
  expect(listApprovals(dir, 6000)).toMatchObject([{ state: 'expired', answered: null }]);
  await expect(answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user' }, 6000)).rejects.toMatchObject({
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
  await answerApproval(dir, { id: 'a1', state: 'denied', by: 'user' });
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
  await answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user' });
  expect(listApprovals(dir)).toMatchObject([{ id: 'a1', state: 'allowed' }]);
});
