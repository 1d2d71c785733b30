import { expect, test } from 'vitest';
import { History, userTexts } from '../../src/agent/history.ts';
import type { TranscriptEntry } from '../../src/protocol/gate.ts';
import { RECORD_MAX_BYTES } from '../../src/store/record.ts';

function recorded() {
  const entries: TranscriptEntry[] = [];
  const history = new History(async (some) => {
    entries.push(...some);
  });
  return { history, entries };
}
const text = (said: string) => ({ type: 'text' as const, text: said });
const call = (id: string) => ({ type: 'tool_use' as const, id, name: 'bash', input: {} });
const result = (id: string, content = 'ok') => ({ type: 'tool_result' as const, tool_use_id: id, content });

test('a conversation that is restored from its transcript is the same one', async () => {
  const { history, entries } = recorded();
  await history.addUser([text('Begin.')]);
  await history.addAssistant([text('I look.'), call('a'), call('b')]);
  await history.addUser([result('a'), result('b'), text('Mail.')]);
  await history.addAssistant([]);
  await history.addUser([text('More.')]);
  const again = new History(async () => {});
  again.restore(entries);
  expect(again.messages).toEqual(history.messages);
  expect(again.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(userTexts(again.messages)).toEqual(['Begin.', 'Mail.', 'More.']);
});

test('calls that nobody has answered are answered, each once, also when some results were written before the end', async () => {
  const { history } = recorded();
  expect(history.unanswered('cut')).toEqual([]);
  await history.addUser([text('Begin.')]);
  await history.addAssistant([call('a'), call('b'), call('c')]);
  expect(history.unanswered('cut').map((each) => each.tool_use_id)).toEqual(['a', 'b', 'c']);
  await history.addUser([result('a')]);
  const missing = history.unanswered('cut');
  expect(missing).toEqual(['b', 'c'].map((id) => ({ ...result(id, 'cut'), is_error: true })));
  await history.addUser(missing);
  expect(history.unanswered('cut')).toEqual([]);
});

test('what is too much for one record of the transcript takes several, and one result too many is left out with a word', async () => {
  const { history, entries } = recorded();
  const many = Array.from({ length: 60 }, (_, i) => text(`${i} ${'"'.repeat(30_000)}`));
  await history.addUser(many);
  await history.addAssistant([call('a')]);
  await history.addUser([result('a', 'x'.repeat(2_000_000))]);
  for (const entry of entries) expect(JSON.stringify(entry).length).toBeLessThan(RECORD_MAX_BYTES * 0.9);
  expect(history.messages).toHaveLength(3);
  expect(history.messages[0]?.content).toEqual(many);
  expect(JSON.stringify(history.messages[2])).toContain('which is too much');
  const again = new History(async () => {});
  again.restore(entries);
  expect(again.messages).toEqual(history.messages);
});

test('a transcript with empty texts, as earlier formats have, is restored without them: the API takes none', () => {
  const history = new History(async () => {});
  history.restore([
    { type: 'user', content: [text('Begin.')] },
    { type: 'assistant', content: [text('I look.')] },
    { type: 'user', content: [text('')] },
    { type: 'assistant', content: [text(''), call('a')] },
  ]);
  expect(history.messages).toEqual([
    { role: 'user', content: [text('Begin.')] },
    { role: 'assistant', content: [text('I look.'), call('a')] },
  ]);
});

test('a reply that is held back is written with the results, in one go, or when it is flushed', async () => {
  const writes: (readonly TranscriptEntry[])[] = [];
  const history = new History(async (entries) => {
    writes.push(entries);
  });
  await history.addUser([text('Begin.')]);
  history.holdAssistant([text('I look.'), call('a')]);
  await history.addUser([result('a')]);
  expect(writes.map((entries) => entries.map(({ type }) => type))).toEqual([['user'], ['assistant', 'user']]);
  history.holdAssistant([call('b')]);
  await history.flush();
  await history.flush();
  await history.addUser([result('b')]);
  expect(writes.slice(2).map((entries) => entries.map(({ type }) => type))).toEqual([
    ['assistant'],
    ['user'],
  ]);
  const again = new History(async () => {});
  again.restore(writes.flat());
  expect(again.messages).toEqual(history.messages);
});

test('a conversation is never ahead of what could be written', async () => {
  const written: TranscriptEntry[] = [];
  let isFull = false;
  const history = new History(async (entries) => {
    if (isFull && written.length > 0) throw new Error('disk full');
    written.push(...entries);
  });
  const restored = () => {
    const again = new History(async () => {});
    again.restore(written);
    return again.messages;
  };
  await history.addUser([text('Begin.')]);
  history.markSent();
  isFull = true;
  const { id } = history;
  history.holdAssistant([call('a')]);
  const failed = history.addUser([result('a')]);
  expect(history.messages).toHaveLength(3); // the model may be asked meanwhile
  await expect(failed).rejects.toThrow('disk full');
  await expect(history.written).rejects.toThrow('disk full');
  expect(history.messages).toEqual(restored());
  expect([history.id === id, history.sent]).toEqual([false, 0]); // the keeper may have got what was taken back
  isFull = false;
  await history.addUser([text('More.')]);
  expect(history.messages).toEqual(restored());
  expect(history.messages).toHaveLength(1);
});

test('of a message in several pieces that can be written in part, just that part is in the conversation', async () => {
  const written: TranscriptEntry[] = [];
  const history = new History(async (entries) => {
    if (written.length === 2) throw new Error('disk full');
    written.push(...entries);
  });
  await history.addUser([text('Begin.')]);
  const big = (id: string) => result(id, 'x'.repeat(500_000));
  await expect(history.addUser([big('a'), big('b'), big('c')])).rejects.toThrow('disk full');
  const again = new History(async () => {});
  again.restore(written);
  expect(history.messages).toEqual(again.messages);
  expect(JSON.stringify(history.messages)).toContain('"a"');
  expect(JSON.stringify(history.messages)).not.toContain('"b"');
});
