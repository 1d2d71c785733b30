import { expect, test } from 'vitest';
import { knownOfCutCalls } from '../../src/keeper/cut-calls.ts';
import { openTranscript } from '../../src/keeper/transcript.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { askApproval } from '../../src/team/approvals.ts';
import { transcriptFile } from '../../src/team/paths.ts';
import { teamFiles } from '../support/team-files.ts';

type Call = [name: string, input: Record<string, unknown>];

/** A team in which ada's model has just said these calls, in ada's first life. */
async function called(calls: Call[], agent = 'ada') {
  const dir = await teamFiles();
  const mailbox = openMailbox(dir);
  const tasks = openTaskList(dir);
  const say = () =>
    openTranscript(transcriptFile(dir, agent), agent, 1).append([
      { type: 'user', content: [{ type: 'text', text: 'Go.' }] },
      {
        type: 'assistant',
        content: calls.map(([name, input], i) => ({ type: 'tool_use', id: `c${i}`, name, input })),
      },
    ]);
  const known = async () => {
    const said = await knownOfCutCalls({ dir, agent, mailbox, tasks });
    return calls.map((_, i) => said[`c${i}`]);
  };
  return { dir, mailbox, tasks, say, known, me: { by: agent, incarnation: 1 } };
}

test('of each call on the team that was cut off its files say whether it was done', async () => {
  const { dir, mailbox, tasks, say, known, me } = await called([
    ['send_message', { to: 'ben', text: 'It is done.' }],
    ['send_message', { to: 'ben', text: 'It is not sent.' }],
    ['broadcast', { text: 'To all.' }],
    ['broadcast', { text: 'To some.' }],
    ['task_create', { subject: 'Made', description: 'x' }],
    ['task_create', { subject: 'Not made', description: 'x' }],
    ['task_claim', {}],
    ['task_update', { id: 't1', state: 'completed' }],
    ['task_update', { id: 't2', state: 'completed' }],
    ['ask_user', { question: 'Which one?' }],
    ['request_access', { kind: 'host', target: 'example.org' }],
    ['task_list', {}],
    ['bash', { command: 'true' }],
  ]);
  for (const subject of ['One', 'Two']) await tasks.create({ by: 'lead', incarnation: 1, subject });
  await say();
  const from = { from: 'ada', incarnation: 1 };
  const { id } = await mailbox.send({ ...from, to: 'ben', text: 'It is done.' });
  // The same words of somebody else, or to somebody else, are no proof.
  await mailbox.send({ from: 'lead', incarnation: 1, to: 'ben', text: 'It is not sent.' });
  await mailbox.send({ ...from, to: 'lead', text: 'It is not sent.' });
  await mailbox.broadcast({ ...from, recipients: ['lead', 'ben'], text: 'To all.' });
  await mailbox.broadcast({ ...from, recipients: ['ben'], text: 'To some.' });
  await tasks.create({ ...me, subject: 'Made' });
  await tasks.claim(me);
  await tasks.update({ ...me, id: 't1', state: 'completed' });
  await tasks.releaseIncarnation({ agent: 'ada', incarnation: 1, reason: 'killed' });
  await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which one?', why: '' });
  expect(await known()).toEqual([
    `It was done: message ${id} to ben is sent. Do not do it again.`,
    expect.stringContaining('not done: no such message'),
    expect.stringContaining('It was done: it is sent to'),
    expect.stringContaining('sent to ben, and not to lead'),
    expect.stringContaining('It was done: it is task t3'),
    expect.stringContaining('It was not done: there is no such task'),
    expect.stringContaining('you had claimed t1'),
    'It was done: t1 is completed. Do not do it again.',
    expect.stringMatching(/It was not done: t2 is pending.*claim it again/),
    expect.stringContaining('It was done: it is request a1'),
    expect.stringContaining('It was not done'),
    expect.stringContaining('only looks'),
    undefined,
  ]);
});

test('what was said before the call is no proof of it, and a repeat of the same words is not known', async () => {
  const { mailbox, say, known } = await called([
    ['send_message', { to: 'ben', text: 'ping' }],
    ['send_message', { to: 'ben', text: 'never said' }],
  ]);
  const [first] = [await mailbox.send({ from: 'ada', incarnation: 1, to: 'ben', text: 'ping' })];
  // The reply comes at a later millisecond than that message.
  while (new Date().toISOString() <= first.created) await new Promise(setImmediate);
  await say();
  expect(await known()).toEqual([
    expect.stringContaining('whether also by this call is not known'),
    expect.stringContaining('not done'),
  ]);
});

test('calls of the lead on the roster are seen there', async () => {
  const { say, known } = await called(
    [
      ['spawn_teammate', { name: 'ada' }],
      ['spawn_teammate', { name: 'dan' }],
      ['stop_teammate', { name: 'ben' }],
      ['finish_job', { summary: 'x' }],
    ],
    'lead',
  );
  await say();
  expect((await known()).map((text) => text?.slice(0, 12))).toEqual([
    ...['It was done:', 'It was not d', 'It was not d', 'It was not d'],
  ]);
});
