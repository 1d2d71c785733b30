import { expect, test } from 'vitest';
import { createUserForms, withdrawOld } from '../../../src/keeper/servers/ask-user.ts';
import { answerApproval, openApprovals } from '../../../src/team/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import { teamFiles } from '../../support/team-files.ts';

const page = { message: 'Pay first', fields: null, required: [], url: 'https://pay.example/order?id=7' };
const asks = { agent: 'lead', incarnation: 2 };

test('an address that a server wants opened waits for the user, who opens it themselves', async () => {
  const dir = await teamFiles();
  const forms = createUserForms({ dir, ...asks });
  const answers = ['allowed', 'denied'] as const;
  for (const state of answers) {
    const answer = forms.ask('shop', page, new AbortController().signal);
    const open = await eventually('the request', () => openApprovals(dir)[0]);
    expect(open).toMatchObject({ kind: 'page', agent: 'lead', what: 'shop: Pay first' });
    expect(open.why).toContain(page.url);
    forms.answered(await answerApproval(dir, { id: open.id, state, by: 'user', where: 'command line' }));
    expect(await answer).toEqual({ action: state === 'allowed' ? 'accept' : 'decline' });
  }
});

test('what a server asks goes with its call, and what its earlier life asked with that life', async () => {
  const dir = await teamFiles();
  const forms = createUserForms({ dir, ...asks });
  const call = new AbortController();
  const answer = forms.ask('shop', page, call.signal);
  await eventually('the request', () => openApprovals(dir)[0]);
  call.abort();
  expect(await answer).toEqual({ action: 'cancel' });
  expect(openApprovals(dir)).toEqual([]);
  void forms.ask('shop', { ...page, message: 'Again' }, new AbortController().signal);
  await eventually('the request', () => openApprovals(dir)[0]);
  await withdrawOld({ dir, ...asks });
  expect(openApprovals(dir)).toHaveLength(1);
  await withdrawOld({ dir, agent: 'lead', incarnation: 3 });
  expect(openApprovals(dir)).toEqual([]);
});

test('an answer that comes while the request is still being made is not lost, however the two meet', async () => {
  const dir = await teamFiles();
  const forms = createUserForms({ dir, ...asks });
  for (let round = 0; round < 20; round++) {
    const answer = forms.ask('shop', page, new AbortController().signal);
    let open = openApprovals(dir)[0];
    for (; open === undefined; open = openApprovals(dir)[0])
      await new Promise((resolve) => setImmediate(resolve));
    forms.answered(
      await answerApproval(dir, { id: open.id, state: 'allowed', by: 'user', where: 'command line' }),
    );
    expect(await answer).toEqual({ action: 'accept' });
  }
});
