import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import type { Malformed } from '../../src/store/options.ts';
import { canMount, fillDisk, smallDisk } from '../store/support/small-disk.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ann = { from: 'ann', to: 'bob', incarnation: 1 };

async function withMail(...texts: string[]) {
  const teamDir = await temporaryFolder();
  const mailbox = openMailbox(teamDir, { durable: false });
  for (const text of texts) await mailbox.send({ ...ann, text });
  return { teamDir, mailbox, file: join(teamDir, 'mailbox', 'bob', 'inbox.jsonl') };
}
const texts = (messages: { text: string }[]) => messages.map(({ text }) => text);

describe('an inbox in the hands of its owner', () => {
  it('is empty before anything was sent', async () => {
    const { mailbox } = await withMail();
    const inbox = mailbox.inbox('bob');
    expect(await inbox.read()).toEqual([]);
    await mailbox.send({ ...ann, text: 'now' });
    expect(texts(await inbox.read())).toEqual(['now']);
  });

  it('hands over each message once, in order', async () => {
    const { mailbox } = await withMail('one', 'two');
    const inbox = mailbox.inbox('bob');
    expect(texts(await inbox.read())).toEqual(['one', 'two']);
    expect(await inbox.read()).toEqual([]);
    await mailbox.send({ ...ann, text: 'three' });
    expect(texts(await inbox.read())).toEqual(['three']);
  });

  it('after a start anew hands over what is not acked, with how far it has come', async () => {
    const { teamDir, mailbox } = await withMail('one', 'two', 'three', 'four');
    const before = mailbox.inbox('bob');
    await before.read();
    await before.mark('delivered', [1, 2, 3]);
    await before.mark('seen', [1, 2]);
    await before.mark('acked', [1]);
    const after = openMailbox(teamDir).inbox('bob');
    expect((await after.read()).map(({ seq, state }) => [seq, state])).toEqual([
      [2, 'seen'],
      [3, 'delivered'],
      [4, 'queued'],
    ]);
  });

  it('hands over what comes after a number when one is named', async () => {
    const { mailbox } = await withMail('one', 'two', 'three');
    expect(texts(await mailbox.inbox('bob', { after: 1 }).read())).toEqual(['two', 'three']);
  });

  it('lists what was acted on out of order beside the mark', async () => {
    const { teamDir, mailbox } = await withMail('one', 'two', 'three', 'four');
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    await inbox.mark('acked', [3]);
    const cursor = () => JSON.parse(readFileSync(join(teamDir, 'mailbox', 'bob', 'cursor.json'), 'utf8'));
    expect(cursor().acked).toEqual({ upTo: 0, beyond: [3] });
    await inbox.mark('acked', [1, 2]);
    expect(cursor().acked).toEqual({ upTo: 3, beyond: [] });
    expect((await mailbox.log()).map(({ state }) => state)).toEqual(['acked', 'acked', 'acked', 'queued']);
  });

  it('saves the marks of many callers at once, all of them', async () => {
    const { mailbox } = await withMail(...Array.from({ length: 30 }, (_, i) => String(i)));
    const inbox = mailbox.inbox('bob');
    const seqs = (await inbox.read()).map(({ seq }) => seq);
    await Promise.all(seqs.map((seq) => inbox.mark('seen', [seq])));
    expect(await mailbox.unread('bob')).toBe(0);
  });

  it('refuses to mark what is not there, which would hide what comes', async () => {
    const { mailbox } = await withMail('one');
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    for (const seq of [0, 2, 1.5])
      await expect(inbox.mark('acked', [seq])).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it.runIf(canMount)('says so when a mark can not be saved, and saves it with the next one', async () => {
    const disk = await smallDisk();
    const mailbox = openMailbox(disk);
    for (const text of ['one', 'two']) await mailbox.send({ ...ann, text });
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    const ballast = fillDisk(disk);
    await expect(inbox.mark('acked', [1])).rejects.toThrow(/ENOSPC/);
    expect((await mailbox.log()).map(({ state }) => state)).toEqual(['queued', 'queued']);
    rmSync(ballast);
    await inbox.mark('acked', [2]);
    expect((await mailbox.log()).map(({ state }) => state)).toEqual(['acked', 'acked']);
  });

  it('is told of new mail within moments', async () => {
    const { mailbox } = await withMail('one');
    const inbox = mailbox.inbox('bob');
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const got: string[] = [];
    void (async () => {
      for await (const _ of inbox.changes({ signal: abort.signal, rescanMs: 60_000 }))
        got.push(...texts(await inbox.read()));
    })();
    await eventually('the first message', () => got.length === 1);
    await mailbox.send({ ...ann, text: 'two' });
    await eventually('the second message', () => got.length === 2, 2000);
  });
});

describe('a sender that starts when the inbox is long', () => {
  it('finds the place of its message from the owner’s mark', async () => {
    const { teamDir, mailbox } = await withMail('one', 'two', 'three');
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    await inbox.mark('seen', [2]);
    await mailbox.send({ ...ann, text: 'four' });
    expect(await openMailbox(teamDir).send({ ...ann, text: 'five' })).toMatchObject({
      seq: 5,
      state: 'queued',
    });
    expect(await openMailbox(teamDir).send({ ...ann, text: 'six', key: 'k' })).toMatchObject({ seq: 6 });
    expect((await mailbox.log()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('counts from the start when the mark is of another file, or of a longer one', async () => {
    const { teamDir, mailbox, file } = await withMail('one', 'two', 'three');
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    await inbox.mark('seen', [2]);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length / 3));
    expect(await openMailbox(teamDir).send({ ...ann, text: 'next' })).toMatchObject({ seq: 2 });
    await mailbox.send({ ...ann, text: 'x' });
    renameSync(file, `${file}.old`);
    writeFileSync(file, Buffer.concat([bytes, bytes]));
    expect(await openMailbox(teamDir).send({ ...ann, text: 'last' })).toMatchObject({ seq: 7 });
  });
});

describe('a malformed record in an inbox', () => {
  it('goes to quarantine with one warning, and the rest is delivered', async () => {
    const { teamDir, mailbox, file } = await withMail('one');
    const pieces = ['\n{"v":1,"id":"torn","ty', '\n{"v":1}\n', '\nnot json\n', '\n{"v":7,"id":"x"}\n'];
    for (const piece of pieces) appendFileSync(file, piece);
    await mailbox.send({ ...ann, text: 'two' });
    const warned: Malformed[] = [];
    for (let life = 0; life < 2; life++) {
      const inbox = mailbox.inbox('bob', { onMalformed: (malformed) => warned.push(malformed) });
      expect(texts(await inbox.read())).toEqual(['one', 'two']);
    }
    expect(warned).toHaveLength(pieces.length);
    const set = readdirSync(join(teamDir, 'mailbox', 'bob', 'quarantine'));
    expect(set).toHaveLength(pieces.length);
  });

  it('is left where it is by those who only look', async () => {
    const { teamDir, mailbox, file } = await withMail('one');
    appendFileSync(file, '\nnot json\n');
    expect(texts(await mailbox.log())).toEqual(['one']);
    await mailbox.send({ ...ann, text: 'two' });
    expect(existsSync(join(teamDir, 'mailbox', 'bob', 'quarantine'))).toBe(false);
  });
});

describe('the mail of an agent that is stopped', () => {
  it('is kept and undeliverable, until the agent is back', async () => {
    const { mailbox } = await withMail('seen', 'handed over', 'waiting');
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    await inbox.mark('delivered', [2]);
    await inbox.mark('seen', [1]);
    const states = async () => (await mailbox.log()).map(({ state }) => state);
    await mailbox.markUndeliverable({ agent: 'bob', reason: 'stopped' });
    expect(await states()).toEqual(['seen', 'undeliverable', 'undeliverable']);
    const late = await mailbox.send({ ...ann, text: 'late' });
    expect(late.state).toBe('queued');
    await mailbox.markUndeliverable({ agent: 'bob', messages: [late.id], reason: 'stopped' });
    expect(await states()).toEqual(['seen', 'undeliverable', 'undeliverable', 'undeliverable']);
    expect(await mailbox.find('bob', late.id)).toMatchObject({ state: 'undeliverable' });
    expect(await mailbox.unread('bob')).toBe(0);
    await mailbox.markDeliverable({ agent: 'bob' });
    expect(await states()).toEqual(['seen', 'delivered', 'queued', 'queued']);
    expect(await mailbox.unread('bob')).toBe(3);
    expect(late.seq).toBe(4);
  });
});
