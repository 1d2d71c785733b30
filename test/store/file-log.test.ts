import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileLog } from '../../src/store/file-log.ts';
import { encodeRecord } from '../../src/store/record.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startChild } from './support/child.ts';
import { type Note, note, parseNote } from './support/records.ts';

const here = new URL('./support/', import.meta.url).href;
const textsOf = ({ records }: { records: Note[] }) => records.map(({ text }) => text);

async function logOf(segmentBytes: number) {
  const file = join(await temporaryFolder(), 'log.jsonl');
  const open = () => openFileLog(file, parseNote, { segmentBytes, durable: false });
  return { file, open, segment: (n: number) => file.replace('.jsonl', `.${n}.jsonl`) };
}
const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, i) => String(i + from));

describe('a log in segments', () => {
  it('goes on in the next one when one is full, and is read as one', async () => {
    const { open, segment } = await logOf(1000);
    const log = open();
    for (const text of numbered(30)) await log.append(note(text));
    expect(existsSync(segment(3))).toBe(true);
    expect(textsOf(await log.read())).toEqual(numbered(30));
    const tail = await open().read();
    expect(textsOf(tail)).toEqual(numbered(30));
    expect(tail.parts.map(({ part }) => part)).toEqual(tail.parts.map((_, i) => i + 2));
    expect(tail.malformed).toEqual([]);
  });

  it('counts nothing behind `sealed`; who wrote there finds it and writes again, once', async () => {
    const { file, open, segment } = await logOf(1_000_000);
    const late = open();
    await late.append(note('one'));
    const sealed = { ...note(''), v: 2, type: 'sealed' } as const;
    appendFileSync(file, Buffer.concat([encodeRecord(sealed), encodeRecord(note('lost'))]));
    // It believes that the first segment is the last.
    expect(textsOf(await late.claim(note('two')))).toContain('two');
    expect(readFileSync(file, 'utf8')).toContain('"two"');
    expect(readFileSync(segment(2), 'utf8')).toContain('"two"');
    expect(textsOf(await open().read())).toEqual(['one', 'two']);
  });

  it('makes nobody wait while several processes seal at once, and loses and doubles nothing', async () => {
    const { file } = await logOf(0);
    const writers = ['ann', 'bob', 'cy', 'dan'];
    const children = writers.map((by) =>
      startChild(here, 'log-many', { file, by, count: 300, segmentBytes: 4000 }),
    );
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0, 0]);
    const { records, parts } = await openFileLog(file, parseNote, { from: 'start' }).read();
    expect(parts.length).toBeGreaterThan(20);
    for (const by of writers) {
      const mine = records.filter((each) => each.by === by).map(({ text }) => Number.parseInt(text, 10));
      expect(mine).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    }
  });

  it('begins at a base, also when what is in front of it was deleted', async () => {
    const { file, open } = await logOf(1000);
    const log = open();
    for (const text of numbered(20)) await log.append(note(text));
    const whole = await open().read();
    const last = whole.parts.at(-1) ?? { part: 0, at: 0 };
    const base = { part: last.part, revision: last.at, state: { count: last.at } };
    expect(await log.saveBase(base)).toBe(true);
    expect(await log.saveBase({ ...base, revision: 0 })).toBe(false);
    rmSync(file);
    const tail = await open().read();
    expect(tail.base).toMatchObject(base);
    expect(textsOf(tail)).toEqual(numbered(20).slice(last.at));
  });

  it('reads the records when a base is damaged', async () => {
    const { file, open } = await logOf(1000);
    for (const text of numbered(20)) await open().append(note(text));
    writeFileSync(file.replace('.jsonl', '.2.base.json'), '{"v":1,"part":2');
    const tail = await open().read();
    expect(tail.base).toBeUndefined();
    expect(textsOf(tail)).toEqual(numbered(20));
  });

  it('is still the one file that older teams have, as long as that is small', async () => {
    const { file, open } = await logOf(1_000_000);
    writeFileSync(file, encodeRecord(note('from before')));
    await open().append(note('now'));
    expect(textsOf(await open().read())).toEqual(['from before', 'now']);
    expect(readdirSync(join(file, '..'))).toEqual(['log.jsonl']);
  });

  it('begins anew when its file is another one', async () => {
    const { file, open } = await logOf(1_000_000);
    const log = open();
    await log.append(note('old'));
    await log.read();
    rmSync(file);
    writeFileSync(file, encodeRecord(note('new')));
    expect(await log.read()).toMatchObject({ isReset: true, records: [{ text: 'new' }] });
  });
});
