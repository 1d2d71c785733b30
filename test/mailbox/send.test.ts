import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { MESSAGE_BODY_MAX_BYTES, MESSAGE_MAX_BYTES } from '../../src/protocol/words.ts';
import { canMount, fillDisk, smallDisk } from '../store/support/small-disk.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ann = { from: 'ann', to: 'bob', incarnation: 1 };

describe('sending a message', () => {
  it('gives it back as the contract has it, with its place in the inbox', async () => {
    const mailbox = openMailbox(await temporaryFolder(), { clock: () => 0, ids: () => 'ID' });
    expect(await mailbox.send({ ...ann, text: 'hello' })).toEqual({
      ...{
        id: 'ID',
        seq: 1,
        from: 'ann',
        incarnation: 1,
        to: 'bob',
        kind: 'message',
        priority: 'steer',
        text: 'hello',
      },
      ...{ replyTo: null, broadcastId: null, created: '1970-01-01T00:00:00.000Z', state: 'queued' },
    });
  });

  it('numbers the messages of each inbox from 1', async () => {
    const mailbox = openMailbox(await temporaryFolder());
    const seqs = [];
    for (const to of ['bob', 'cy', 'bob', 'bob', 'cy'])
      seqs.push((await mailbox.send({ ...ann, to, text: 'x' })).seq);
    expect(seqs).toEqual([1, 1, 2, 3, 2]);
  });

  it('keeps kind, priority and what it answers', async () => {
    const mailbox = openMailbox(await temporaryFolder());
    const said = { kind: 'notice', priority: 'interrupt', replyTo: 'M1' } as const;
    await mailbox.send({ ...ann, text: 'stop', ...said });
    expect(await mailbox.log()).toMatchObject([said]);
  });

  it('makes files that nobody else can read', async () => {
    const teamDir = await temporaryFolder();
    await openMailbox(teamDir).send({ ...ann, text: 'x' });
    expect(statSync(join(teamDir, 'mailbox')).mode & 0o777).toBe(0o700);
    expect(statSync(join(teamDir, 'mailbox', 'bob')).mode & 0o777).toBe(0o700);
    expect(statSync(join(teamDir, 'mailbox', 'bob', 'inbox.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('keeps a text of over 32 KiB beside the inbox, and shows where the rest is', async () => {
    const teamDir = await temporaryFolder();
    const mailbox = openMailbox(teamDir);
    const short = 'ü'.repeat(MESSAGE_MAX_BYTES / 2);
    expect(await mailbox.send({ ...ann, text: short })).not.toHaveProperty('body');
    const text = `${short}x`;
    const sent = await mailbox.send({ ...ann, text });
    expect(sent.body).toMatchObject({ id: sent.id, bytes: MESSAGE_MAX_BYTES + 1 });
    expect(sent.text.length).toBeLessThan(3000);
    const got = (await mailbox.log())[1];
    expect(got === undefined ? '' : await mailbox.body(got)).toBe(text);
    expect(statSync(join(teamDir, 'mailbox', '.bodies', `${sent.id}.txt`)).mode & 0o777).toBe(0o600);
    writeFileSync(join(teamDir, 'mailbox', '.bodies', `${sent.id}.txt`), 'changed');
    await expect(mailbox.body(sent)).rejects.toMatchObject({ code: 'MESSAGE_BODY_MISSING' });
  });

  it('sends a long text to many once, and refuses one of over 512 KiB', async () => {
    const teamDir = await temporaryFolder();
    const mailbox = openMailbox(teamDir);
    const text = 'y'.repeat(MESSAGE_MAX_BYTES + 1);
    const sent = await mailbox.broadcast({ from: 'ann', recipients: ['bob', 'cy'], text, incarnation: 1 });
    expect(readdirSync(join(teamDir, 'mailbox', '.bodies'))).toEqual([`${sent[0]?.broadcastId}.txt`]);
    for (const message of sent) expect(await mailbox.body(message)).toBe(text);
    await expect(
      mailbox.send({ ...ann, text: 'z'.repeat(MESSAGE_BODY_MAX_BYTES + 1) }),
    ).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    expect(await mailbox.log()).toHaveLength(2);
  });

  it('refuses an earlier life of the sender', async () => {
    const mailbox = openMailbox(await temporaryFolder(), {
      isCurrent: (_, incarnation) => incarnation === 2,
    });
    await expect(mailbox.send({ ...ann, text: 'done!' })).rejects.toMatchObject({ code: 'STALE_WRITER' });
    await expect(
      mailbox.broadcast({ from: 'ann', recipients: ['bob'], incarnation: 1, text: 'done!' }),
    ).rejects.toMatchObject({ code: 'STALE_WRITER' });
    expect(await mailbox.log()).toEqual([]);
    expect(await mailbox.send({ ...ann, incarnation: 2, text: 'here' })).toMatchObject({
      seq: 1,
      incarnation: 2,
    });
  });

  it('brings no team back that was removed', async () => {
    const teamDir = join(await temporaryFolder(), 'team');
    mkdirSync(teamDir);
    const mailbox = openMailbox(teamDir);
    await mailbox.send({ ...ann, text: 'one' });
    rmSync(teamDir, { recursive: true });
    await expect(mailbox.send({ ...ann, text: 'two' })).rejects.toMatchObject({
      code: 'MESSAGE_NOT_WRITTEN',
    });
    expect(() => statSync(teamDir)).toThrow();
  });

  it('says so when the inbox can not be written to', async () => {
    const teamDir = await temporaryFolder();
    mkdirSync(join(teamDir, 'mailbox', 'bob', 'inbox.jsonl'), { recursive: true });
    await expect(openMailbox(teamDir).send({ ...ann, text: 'x' })).rejects.toMatchObject({
      code: 'MESSAGE_NOT_WRITTEN',
      message: expect.stringContaining('bob'),
    });
  });

  it.skipIf(process.getuid?.() === 0)('says so when the folder is read-only', async () => {
    const teamDir = await temporaryFolder();
    chmodSync(teamDir, 0o500);
    await expect(openMailbox(teamDir).send({ ...ann, text: 'x' })).rejects.toMatchObject({
      code: 'MESSAGE_NOT_WRITTEN',
    });
  });
});

describe('an idempotency key', () => {
  it('makes a repeat give the first result, whatever the repeat says', async () => {
    const mailbox = openMailbox(await temporaryFolder());
    const first = await mailbox.send({ ...ann, text: 'first', key: 'k' });
    expect(await mailbox.send({ ...ann, text: 'second', key: 'k' })).toEqual(first);
    expect(await mailbox.log()).toEqual([first]);
  });

  it('is found by a process that was not there, also when the list of messages is long', async () => {
    const teamDir = await temporaryFolder();
    const first = await openMailbox(teamDir).send({ ...ann, text: 'first', key: 'k' });
    for (let i = 0; i < 50; i++) await openMailbox(teamDir, { durable: false }).send({ ...ann, text: 'x' });
    expect(await openMailbox(teamDir).send({ ...ann, text: 'again', key: 'k' })).toEqual(first);
  });

  it('belongs to one sender and one recipient', async () => {
    const mailbox = openMailbox(await temporaryFolder());
    await mailbox.send({ ...ann, text: '1', key: 'k' });
    await mailbox.send({ ...ann, from: 'cy', text: '2', key: 'k' });
    await mailbox.send({ ...ann, to: 'dan', text: '3', key: 'k' });
    expect((await mailbox.log()).map(({ text }) => text).sort()).toEqual(['1', '2', '3']);
  });

  it('counts once for many sends at the same time in one process', async () => {
    const mailbox = openMailbox(await temporaryFolder());
    const sends = Array.from({ length: 20 }, () => mailbox.send({ ...ann, text: 'x', key: 'k' }));
    expect(new Set((await Promise.all(sends)).map(({ id }) => id)).size).toBe(1);
  });

  it('that stands twice in a file counts where it stands first', async () => {
    const teamDir = await temporaryFolder();
    const first = await openMailbox(teamDir).send({ ...ann, text: 'first', key: 'k' });
    const file = join(teamDir, 'mailbox', 'bob', 'inbox.jsonl');
    // What two processes leave that looked at the same moment, saw no such key, and both wrote.
    appendFileSync(file, readFileSync(file, 'utf8').replaceAll(first.id, 'OTHER').replace('first', 'second'));
    const mailbox = openMailbox(teamDir);
    const third = await mailbox.send({ ...ann, text: 'third' });
    expect(third.seq).toBe(3);
    const inbox = mailbox.inbox('bob');
    expect((await inbox.read()).map(({ text }) => text)).toEqual(['first', 'third']);
    await inbox.mark('acked', [1, 3]);
    expect(inbox.marks().acked).toEqual({ upTo: 3, beyond: [] });
  });
});

describe('a broadcast', () => {
  const news = { from: 'lead', recipients: ['ann', 'bob', 'cy'], text: 'news', incarnation: 1 };

  it('reaches each recipient once under one id', async () => {
    const mailbox = openMailbox(await temporaryFolder());
    const sent = await mailbox.broadcast({ ...news, recipients: [...news.recipients, 'ann'] });
    expect(sent.map(({ to }) => to)).toEqual(['ann', 'bob', 'cy']);
    expect(new Set(sent.map(({ broadcastId }) => broadcastId)).size).toBe(1);
    expect(await mailbox.log()).toHaveLength(3);
  });

  it('that was repeated with its key gives the first, under the first id', async () => {
    const mailbox = openMailbox(await temporaryFolder());
    const first = await mailbox.broadcast({ ...news, key: 'k' });
    expect(await mailbox.broadcast({ ...news, key: 'k' })).toEqual(first);
  });

  it('names who did not get it, and its repeat reaches only those', async () => {
    const teamDir = await temporaryFolder();
    mkdirSync(join(teamDir, 'mailbox'));
    writeFileSync(join(teamDir, 'mailbox', 'bob'), 'a file where the folder should be');
    const mailbox = openMailbox(teamDir);
    await expect(mailbox.broadcast({ ...news, key: 'k' })).rejects.toMatchObject({
      code: 'MESSAGE_NOT_WRITTEN',
      message: expect.stringMatching(/reached 2 of 3; not bob/),
    });
    rmSync(join(teamDir, 'mailbox', 'bob'));
    const sent = await mailbox.broadcast({ ...news, key: 'k' });
    expect(sent.map(({ seq }) => seq)).toEqual([1, 1, 1]);
    expect(new Set(sent.map(({ broadcastId }) => broadcastId)).size).toBe(1);
    expect(await mailbox.log()).toHaveLength(3);
  });
});

describe.runIf(canMount)('sending on a full disk', () => {
  it('fails with the reason, delivers nothing of it, and works again when there is room', async () => {
    const disk = await smallDisk();
    const mailbox = openMailbox(disk);
    const inbox = mailbox.inbox('bob', { onMalformed: () => {} });
    await mailbox.send({ ...ann, text: 'before' });
    expect((await inbox.read()).map(({ text }) => text)).toEqual(['before']);
    const ballast = fillDisk(disk);
    const acknowledged: string[] = [];
    const delivered: string[] = [];
    for (let i = 0; i < 12; i++) {
      const text = `${i} ${'z'.repeat(1500)}`;
      await mailbox.send({ ...ann, text }).then(
        () => acknowledged.push(text),
        (error) =>
          expect(error).toMatchObject({
            code: 'MESSAGE_NOT_WRITTEN',
            message: expect.stringContaining('ENOSPC'),
          }),
      );
      delivered.push(...(await inbox.read()).map((message) => message.text));
    }
    expect(delivered).toEqual(acknowledged);
    expect(acknowledged.length).toBeLessThan(12);
    rmSync(ballast);
    await mailbox.send({ ...ann, text: 'after' });
    expect((await inbox.read()).map(({ text }) => text)).toEqual(['after']);
    expect(readdirSync(join(disk, 'mailbox', 'bob'))).toContain('inbox.jsonl');
  });
});
