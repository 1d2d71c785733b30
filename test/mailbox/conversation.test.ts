import { describe, expect, it } from 'vitest';
import { readMessage } from '../../src/keeper/read-message.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { createRate, RATE_BURST } from '../../src/mailbox/rate.ts';
import { temporaryFolder } from '../support/temporary.ts';

const open = async () => openMailbox(await temporaryFolder(), { durable: false });
const from = (name: string, to: string, text: string, replyTo: string | null = null) => ({
  from: name,
  to,
  text,
  incarnation: 1,
  replyTo,
});

describe('a thread', () => {
  it('is what answers a message and what that answers, in all inboxes, and nothing else', async () => {
    const mailbox = await open();
    const [asked] = await mailbox.broadcast({
      from: 'lead',
      recipients: ['bob', 'cy'],
      text: 'who?',
      incarnation: 1,
    });
    const answer = await mailbox.send(from('bob', 'lead', 'me', asked?.id));
    await mailbox.send(from('cy', 'lead', 'something else'));
    await mailbox.send(from('lead', 'bob', 'go on', answer.id));
    for (const id of [asked?.id ?? '', answer.id]) {
      const texts = (await mailbox.log({ thread: id })).map(({ text }) => text);
      expect(texts).toEqual(['who?', 'who?', 'me', 'go on']);
    }
  });
});

describe('waiting for a message', () => {
  it('ends when it has come so far, or when nobody will read it', async () => {
    const mailbox = await open();
    const sent = await mailbox.send(from('ann', 'bob', 'x'));
    const seen = mailbox.untilState(sent, 'seen', { timeoutMs: 10_000 });
    const inbox = mailbox.inbox('bob');
    await inbox.read();
    await inbox.mark('seen', [1]);
    expect(await seen).toMatchObject({ id: sent.id, state: 'seen' });
    const other = await mailbox.send(from('ann', 'cy', 'x'));
    await mailbox.markUndeliverable({ agent: 'cy', reason: 'stopped' });
    expect(await mailbox.untilState(other, 'seen', { timeoutMs: 10_000 })).toMatchObject({
      state: 'undeliverable',
    });
  });

  it('says how far it has come when the time is over', async () => {
    const mailbox = await open();
    const sent = await mailbox.send(from('ann', 'bob', 'x'));
    await expect(mailbox.untilState(sent, 'seen', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'MESSAGE_WAIT_TIMEOUT',
      message: expect.stringContaining('is queued, not seen'),
    });
  });
});

describe('how much a sender may send', () => {
  it('is a burst, then one a second, and a refusal says when to go on', () => {
    let now = 0;
    const rate = createRate(() => now);
    rate.take(RATE_BURST);
    expect(() => rate.take(3)).toThrowError(
      expect.objectContaining({ code: 'RATE_LIMITED', message: expect.stringContaining('in 3 s') }),
    );
    now = 3000;
    rate.take(3);
    expect(() => rate.take(1)).toThrow();
  });
});

describe('a long message', () => {
  it('is read in pieces by who got it and who sent it, whole characters each, and by nobody else', async () => {
    const mailbox = await open();
    const text = '😀ü'.repeat(20_000);
    const { id } = await mailbox.send(from('ann', 'bob', text));
    for (const who of ['bob', 'ann']) {
      let read = '';
      for (let offset: number | null = 0; offset !== null; ) {
        const piece: { text: string; nextOffset: number | null } = await readMessage(
          mailbox,
          who,
          id,
          offset,
        );
        expect(Buffer.byteLength(piece.text)).toBeLessThanOrEqual(32 * 1024);
        read += piece.text;
        offset = piece.nextOffset;
      }
      expect(read).toBe(text);
    }
    await expect(readMessage(mailbox, 'cy', id, 0)).rejects.toMatchObject({ code: 'MESSAGE_UNKNOWN' });
  });
});
