import { expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import type { Backend } from '../../src/store/backend.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { eventually } from '../support/eventually.ts';
import { type Note, note, parseNote } from './support/records.ts';

/** One team's store, as several hosts or processes see it. */
export interface Stores {
  /** Another handle on the same store, as another process has it. */
  open(): Promise<Backend>;
  /** Writes bytes that are no record to a log, as a foreign program may. */
  spoil(log: string, text: string): Promise<void>;
  /** A folder for what an owner sets aside. */
  folder: string;
}

const LOG = 'mailbox/bob/inbox.jsonl';
const texts = ({ records }: { records: Note[] }) => records.map(({ text }) => text);
const ann = { from: 'ann', to: 'bob', incarnation: 1 };

/** What every implementation of `Backend` must pass: append, read, settle, claim and watch, then mailbox and tasks on top. */
export function conforms(make: () => Promise<Stores>): void {
  it('hands over what is appended, once, in the order of the appends', async () => {
    const { open } = await make();
    const log = (await open()).log(LOG, parseNote);
    for (const text of ['one', 'two', 'three']) await log.append(note(text));
    expect(texts(await log.read())).toEqual(['one', 'two', 'three']);
    expect(texts(await log.read())).toEqual([]);
  });

  it('shows everybody the same order, and at once', async () => {
    const { open } = await make();
    const logs = await Promise.all([1, 2, 3].map(async () => (await open()).log(LOG, parseNote)));
    await Promise.all(
      logs.flatMap((log, i) => Array.from({ length: 20 }, (_, n) => log.append(note(`${i}-${n}`)))),
    );
    const seen = await Promise.all(
      [1, 2].map(async () => texts(await (await open()).log(LOG, parseNote).read())),
    );
    expect(seen[0]).toHaveLength(60);
    expect(seen[1]).toEqual(seen[0]);
  });

  it('tells a claim what stands in front of it', async () => {
    const { open } = await make();
    const logs = await Promise.all([1, 2, 3, 4].map(async () => (await open()).log(LOG, parseNote)));
    const tails = await Promise.all(logs.map((log, i) => log.claim(note(String(i)))));
    const first = texts(await (await open()).log(LOG, parseNote).read())[0];
    const winners = tails.filter((tail, i) => texts(tail)[0] === String(i));
    expect(winners).toHaveLength(1);
    expect(tails.every((tail) => texts(tail)[0] === first)).toBe(true);
  });

  it('keeps logs apart', async () => {
    const { open } = await make();
    const store = await open();
    await store.log('mailbox/bob/inbox.jsonl', parseNote).append(note('for bob'));
    await store.log('tasks/journal.jsonl', parseNote).append(note('a task'));
    expect(texts(await store.log('tasks/journal.jsonl', parseNote).read())).toEqual(['a task']);
    expect(await store.inboxes()).toEqual(['bob']);
  });

  it('passes by what is no record, naming it, and delivers the rest', async () => {
    const { open, spoil } = await make();
    const log = (await open()).log(LOG, parseNote);
    await log.append(note('before'));
    await spoil(LOG, '{"v":1,"id":');
    await log.append(note('after'));
    const tail = await (await open()).log(LOG, parseNote).read();
    expect(texts(tail)).toEqual(['before', 'after']);
    expect(tail.malformed).toHaveLength(1);
  });

  it('replaces a cell whole, for all to see', async () => {
    const { open } = await make();
    const cell = (await open()).cell('mailbox/bob/cursor.json');
    expect(await cell.read()).toBeUndefined();
    await cell.settle('{"a":1}');
    await cell.settle('{"a":2}');
    expect(await (await open()).cell('mailbox/bob/cursor.json').read()).toBe('{"a":2}');
  });

  it('rings when something has come, and ends when it is told to', async () => {
    const { open } = await make();
    const store = await open();
    await store.log(LOG, parseNote).append(note('there'));
    const asked = new AbortController();
    let rings = 0;
    const watching = (async () => {
      for await (const _ of (await open()).watch('mailbox', {
        signal: asked.signal,
        depth: 1,
        rescanMs: 60_000,
      }))
        rings++;
    })();
    await eventually('the first look', () => rings > 0);
    await eventually('a ring', async () => {
      await store.log(LOG, parseNote).append(note('more'));
      return rings > 1;
    });
    asked.abort();
    await watching;
  });

  it('lets one work at a time for who asks orderly', async () => {
    const { open } = await make();
    const store = await open();
    let inside = 0;
    let most = 0;
    await Promise.all(
      [1, 2, 3].map(() =>
        store.orderly('tasks/journal.jsonl', async (isHeld) => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          expect(isHeld()).toBe(true);
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
  });

  it('carries mail from sender to recipient through all its states, once per key', async () => {
    const { open, folder } = await make();
    const [here, there] = await Promise.all([open(), open()]);
    const sender = openMailbox(folder, { backend: here });
    const inbox = openMailbox(folder, { backend: there }).inbox('bob');
    const sent = await sender.send({ ...ann, text: 'hello', key: 'k' });
    expect(
      await openMailbox(folder, { backend: await open() }).send({ ...ann, text: 'again', key: 'k' }),
    ).toMatchObject({ id: sent.id, text: 'hello' });
    expect((await inbox.read()).map(({ text, state }) => [text, state])).toEqual([['hello', 'queued']]);
    for (const step of ['delivered', 'seen', 'acked'] as const) {
      await inbox.mark(step, [1]);
      expect(await sender.untilState(sent, step, { timeoutMs: 5000 })).toMatchObject({ state: step });
    }
    const long = await sender.send({ ...ann, text: 'x'.repeat(100_000) });
    const got = (await inbox.read())[0];
    expect(got).toMatchObject({ id: long.id, body: { bytes: 100_000 } });
    expect(await openMailbox(folder, { backend: there }).body(long)).toHaveLength(100_000);
    expect(await sender.unread('bob')).toBe(1);
  });

  it('gives each task one winner, however many handles claim at once', async () => {
    const { open, folder } = await make();
    const lists = await Promise.all(
      [1, 2, 3, 4].map(async () => openTaskList(folder, { backend: await open() })),
    );
    const [first] = lists;
    if (first === undefined) throw new Error('no list');
    for (let i = 0; i < 12; i++) await first.create({ by: 'lead', incarnation: 1, subject: `task ${i}` });
    const won: string[] = [];
    await Promise.all(
      lists.map(async (tasks, i) => {
        const who = { by: `agent-${i}`, incarnation: 1 };
        for (;;) {
          const claim = await tasks.claim(who);
          if (!claim.won) break;
          won.push(claim.task.id);
          expect(await tasks.update({ ...who, id: claim.task.id, state: 'completed' })).toMatchObject({
            ok: true,
          });
        }
      }),
    );
    expect(new Set(won).size).toBe(12);
    expect(won).toHaveLength(12);
  });

  it('lets two who change the list at once both succeed, on what is then there', async () => {
    const { open, folder } = await make();
    const [one, two] = await Promise.all(
      [1, 2].map(async () => openTaskList(folder, { backend: await open() })),
    );
    if (one === undefined || two === undefined) throw new Error('no list');
    const user = { by: 'user', incarnation: 0 };
    await one.create({ ...user, subject: 'first' });
    const outcomes = await Promise.all([
      one.edit({ ...user, id: 't1', subject: 'edited' }),
      two.create({ ...user, subject: 'second', dependsOn: ['t1'] }),
    ]);
    expect(outcomes).toMatchObject([{ ok: true }, { id: 't2' }]);
    expect(await one.get('t2')).toMatchObject({ state: 'blocked', dependsOn: ['t1'] });
  });
}
