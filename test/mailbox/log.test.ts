import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { hashFolder } from '../store/support/hash-folder.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

async function someMail() {
  const teamDir = await temporaryFolder();
  let now = Date.UTC(2026, 0, 1);
  const mailbox = openMailbox(teamDir, { clock: () => (now += 1000), durable: false });
  await mailbox.send({ from: 'ann', to: 'bob', text: 'the first', incarnation: 1 });
  await mailbox.send({ from: 'bob', to: 'ann', text: 'the answer', incarnation: 1 });
  await mailbox.broadcast({ from: 'user', recipients: ['ann', 'bob'], text: 'to ALL', incarnation: 0 });
  return { teamDir, mailbox };
}
const texts = (messages: { text: string }[]) => messages.map(({ text }) => text);

describe('the mailbox log', () => {
  it('is empty for a team without mail, and makes nothing', async () => {
    const teamDir = await temporaryFolder();
    const before = hashFolder(teamDir);
    expect(await openMailbox(teamDir).log()).toEqual([]);
    expect(await openMailbox(teamDir).log({ agent: 'nobody' })).toEqual([]);
    expect(await openMailbox(teamDir).unread('nobody')).toBe(0);
    expect(hashFolder(teamDir)).toBe(before);
  });

  it('shows all inboxes, oldest first', async () => {
    const { mailbox } = await someMail();
    const log = await mailbox.log();
    expect(texts(log)).toEqual(['the first', 'the answer', 'to ALL', 'to ALL']);
    expect(log.map(({ created }) => created)).toEqual(log.map(({ created }) => created).sort());
  });

  it('keeps the order of each inbox, whatever the clocks of its writers say', async () => {
    const clock = [5, 1, 3, 4, 2].map((second) => Date.UTC(2026, 0, 1, 0, 0, second));
    const mailbox = openMailbox(await temporaryFolder(), { clock: () => clock.shift() ?? 0, durable: false });
    for (const text of ['b1', 'b2']) await mailbox.send({ from: 'ann', to: 'bob', text, incarnation: 1 });
    for (const text of ['c1', 'c2', 'c3']) {
      await mailbox.send({ from: 'ann', to: 'cy', text, incarnation: 1 });
    }
    expect(texts(await mailbox.log())).toEqual(['c1', 'c2', 'c3', 'b1', 'b2']);
    expect(texts(await mailbox.log({ last: 3 }))).toEqual(['c3', 'b1', 'b2']);
  });

  it('filters by recipient, sender, text and time, and by all of them together', async () => {
    const { mailbox } = await someMail();
    expect(texts(await mailbox.log({ agent: 'bob' }))).toEqual(['the first', 'to ALL']);
    expect(texts(await mailbox.log({ from: 'bob' }))).toEqual(['the answer']);
    expect(texts(await mailbox.log({ grep: /^the/g }))).toEqual(['the first', 'the answer']);
    expect(texts(await mailbox.log({ grep: /all/i, agent: 'ann' }))).toEqual(['to ALL']);
    expect(texts(await mailbox.log({ since: new Date('2026-01-01T00:00:02Z') }))).toHaveLength(3);
  });

  it('changes no byte, name or time in the team’s folder, also with damaged and torn records in it', async () => {
    const { teamDir, mailbox } = await someMail();
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    await inbox.mark('seen', [1]);
    appendFileSync(join(teamDir, 'mailbox', 'bob', 'inbox.jsonl'), '\nnot json\n\n{"v":1,"torn');
    mkdirSync(join(teamDir, 'mailbox', 'empty'));
    const before = hashFolder(teamDir);
    const looker = openMailbox(teamDir);
    expect(await looker.log()).toHaveLength(4);
    await looker.unread('bob');
    await looker.find('bob', 'no such id');
    const abort = new AbortController();
    for await (const _ of looker.follow({ signal: abort.signal })) abort.abort();
    expect(hashFolder(teamDir)).toBe(before);
  });

  it('follows: first what is there, then each message as it comes, also to a new inbox', async () => {
    const { mailbox } = await someMail();
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const got: string[] = [];
    const followed = (async () => {
      for await (const message of mailbox.follow({ signal: abort.signal, from: 'ann' }))
        got.push(message.text);
    })();
    await eventually('the log so far', () => got.length === 1);
    await mailbox.send({ from: 'ann', to: 'new', text: 'later', incarnation: 1 });
    await mailbox.send({ from: 'bob', to: 'new', text: 'not this', incarnation: 1 });
    await mailbox.send({ from: 'ann', to: 'bob', text: 'last', incarnation: 1 });
    await eventually('the messages that came', () => got.length === 3, 5000);
    expect(got).toEqual(['the first', 'later', 'last']);
    abort.abort();
    await followed;
  });
});
