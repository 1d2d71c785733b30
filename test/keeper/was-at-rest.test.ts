import { expect, test } from 'vitest';
import { openTranscript } from '../../src/keeper/transcript.ts';
import { wasAtRest } from '../../src/keeper/was-at-rest.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import type { TranscriptEntry } from '../../src/protocol/gate.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { answerApproval, askApproval } from '../../src/team/approvals.ts';
import { transcriptFile } from '../../src/team/paths.ts';
import { rosterEntry, teamFiles } from '../support/team-files.ts';

const said = (text: string): TranscriptEntry => ({ type: 'assistant', content: [{ type: 'text', text }] });
const told = (text: string): TranscriptEntry => ({ type: 'user', content: [{ type: 'text', text }] });
const called: TranscriptEntry = {
  type: 'assistant',
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'bash', input: { command: 'true' } }],
};

/** The files of a team whose ada has ended her first life after these entries, and whether she would rest now. */
async function adaAfter(entries: TranscriptEntry[]) {
  const dir = await teamFiles();
  const transcript = openTranscript(transcriptFile(dir, 'ada'), 'ada', 1);
  if (entries.length > 0) await transcript.append(entries);
  const of = { dir, mailbox: openMailbox(dir), tasks: openTaskList(dir) };
  return {
    ...of,
    rests: (name = 'ada') =>
      wasAtRest({
        ...of,
        mailbox: openMailbox(dir),
        agent: rosterEntry(name),
        transcript: transcript.read(),
      }),
  };
}

test('who was never told anything, or had ended its turn, was at rest; the lead never is', async () => {
  expect(await (await adaAfter([])).rests()).toBe(true);
  const ada = await adaAfter([
    told('Begin.'),
    called,
    told('done'),
    said('Here.'),
    { type: 'note', text: '' },
  ]);
  expect(await ada.rests()).toBe(true);
  expect(await ada.rests('lead')).toBe(false);
});

test('who was asked and had not answered, or whose call was cut off, was not', async () => {
  expect(await (await adaAfter([told('Begin.')])).rests()).toBe(false);
  expect(await (await adaAfter([told('Begin.'), called])).rests()).toBe(false);
  // A reply that took two records, the call in the first.
  expect(await (await adaAfter([told('Begin.'), called, said('and more')])).rests()).toBe(false);
  expect(
    await (await adaAfter([{ type: 'compacted', content: [{ type: 'text', text: 'so far' }] }])).rests(),
  ).toBe(false);
});

test('mail that is not settled wants it: new, delivered, and seen without the end of the turn', async () => {
  const ada = await adaAfter([told('Begin.'), said('Here.')]);
  await ada.mailbox.send({ from: 'lead', to: 'ada', kind: 'message', text: 'One more.', incarnation: 1 });
  expect(await ada.rests()).toBe(false);
  const inbox = ada.mailbox.inbox('ada');
  const seqs = (await inbox.read()).map(({ seq }) => seq);
  for (const step of ['delivered', 'seen'] as const) {
    await inbox.mark(step, seqs);
    expect(await ada.rests()).toBe(false);
  }
  await inbox.mark('acked', seqs);
  expect(await ada.rests()).toBe(true);
});

test('a task that its life before lost, or that waits for a review, wants it until somebody else has it', async () => {
  const ada = await adaAfter([told('Begin.'), said('Here.')]);
  const { id } = await ada.tasks.create({ by: 'lead', incarnation: 1, subject: 'Count.' });
  expect(await ada.rests()).toBe(true);
  await ada.tasks.claim({ by: 'ada', incarnation: 1, id });
  await ada.tasks.releaseIncarnation({ agent: 'ada', incarnation: 1, reason: 'killed' });
  expect(await ada.rests()).toBe(false);
  await ada.tasks.claim({ by: 'ben', incarnation: 1, id });
  expect(await ada.rests()).toBe(true);

  const judged = await ada.tasks.create({ by: 'lead', incarnation: 1, subject: 'Judge.' });
  const claim = await ada.tasks.claim({ by: 'ada', incarnation: 2, id: judged.id });
  expect(claim.won).toBe(true);
  await ada.tasks.update({ by: 'ada', incarnation: 2, id: judged.id, state: 'review', result: 'look' });
  expect(await ada.rests()).toBe(false);
});

test('who waits for an answer of the user wants it', async () => {
  const ada = await adaAfter([told('Begin.'), said('I have asked.')]);
  const asked = { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which?', why: '' } as const;
  const { id } = await askApproval(ada.dir, asked);
  expect(await ada.rests()).toBe(false);
  await answerApproval(ada.dir, { id, state: 'denied', by: 'user', where: 'command line' });
  expect(await ada.rests()).toBe(true);
});
