import { appendFileSync, chmodSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openJournalReader } from '../../src/store/journal-reader.ts';
import { encodeRecord, RECORD_MAX_BYTES } from '../../src/store/record.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { note, parseNote } from './support/records.ts';

const journalIn = async () => join(await temporaryFolder(), 'journal.jsonl');
const texts = (tail: { records: { text: string }[] }) => tail.records.map((each) => each.text);

describe('reading a journal', () => {
  it('finds a file that is not there yet empty, and its records once it is', async () => {
    const file = await journalIn();
    const reader = openJournalReader(file, parseNote);
    expect(reader.read()).toEqual({ records: [], malformed: [], isReset: false });
    appendFileSync(file, encodeRecord(note('one')));
    expect(texts(reader.read())).toEqual(['one']);
  });

  it('hands over each record once', async () => {
    const file = await journalIn();
    const reader = openJournalReader(file, parseNote);
    appendFileSync(file, encodeRecord(note('one')));
    appendFileSync(file, encodeRecord(note('two')));
    expect(texts(reader.read())).toEqual(['one', 'two']);
    expect(texts(reader.read())).toEqual([]);
    appendFileSync(file, encodeRecord(note('three')));
    expect(texts(reader.read())).toEqual(['three']);
  });

  it('waits for the rest of a record that is being written, at every byte', async () => {
    const file = await journalIn();
    const reader = openJournalReader(file, parseNote);
    const bytes = encodeRecord(note('ü { "}" \u{1f600}'));
    for (let i = 0; i < bytes.length - 2; i++) {
      appendFileSync(file, bytes.subarray(i, i + 1));
      expect(reader.read()).toEqual({ records: [], malformed: [], isReset: false });
    }
    appendFileSync(file, bytes.subarray(bytes.length - 2, bytes.length - 1));
    expect(texts(reader.read())).toEqual(['ü { "}" \u{1f600}']);
    appendFileSync(file, bytes.subarray(bytes.length - 1));
    expect(reader.read()).toEqual({ records: [], malformed: [], isReset: false });
  });

  it('takes a whole record whose last newline is missing, and the next one after it', async () => {
    const file = await journalIn();
    const reader = openJournalReader(file, parseNote);
    appendFileSync(file, encodeRecord(note('one')).subarray(0, -1));
    expect(texts(reader.read())).toEqual(['one']);
    appendFileSync(file, encodeRecord(note('two')));
    expect(texts(reader.read())).toEqual(['two']);
    expect(texts(openJournalReader(file, parseNote).read())).toEqual(['one', 'two']);
  });

  it('passes a torn record by and names its place and bytes', async () => {
    const file = await journalIn();
    appendFileSync(file, '\n{"v":1,"id":"to');
    const reader = openJournalReader(file, parseNote);
    expect(reader.read().malformed).toEqual([]); // its writer may still be at it
    appendFileSync(file, encodeRecord(note('next')));
    const tail = reader.read();
    expect(texts(tail)).toEqual(['next']);
    expect(tail.malformed).toMatchObject([{ file, offset: 1, reason: expect.stringContaining('not JSON') }]);
    expect(tail.malformed[0]?.bytes.toString()).toBe('{"v":1,"id":"to');
  });

  it('comes to the same records however the bytes arrived', async () => {
    const file = await journalIn();
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((text) => encodeRecord(note(text))),
      fc.string({ unit: 'grapheme' }).map((text) => encodeRecord(note(text)).subarray(0, -1)),
      fc.nat(60).map((length) => encodeRecord(note('this one is torn')).subarray(0, length)),
      fc.constantFrom('\n\n', '\nnull', '\n{"v":9}\n', '\n\0\0\0').map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(200)), (pieces, cuts) => {
        rmSync(file, { force: true });
        const bytes = Buffer.concat(pieces);
        const reader = openJournalReader(file, parseNote);
        const seen: string[] = [];
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          const to = Math.min(bytes.length, from + cut);
          appendFileSync(file, bytes.subarray(from, to));
          from = to;
          seen.push(...texts(reader.read()));
        }
        expect(seen).toEqual(texts(openJournalReader(file, parseNote).read()));
      }),
      { numRuns: 200 },
    );
  });

  it('reads records that lie across the pieces it reads in', async () => {
    const file = await journalIn();
    const large = Array.from({ length: 50 }, (_, i) => `${i} ${'z'.repeat(100_000)}`);
    writeFileSync(file, Buffer.concat(large.map((text) => encodeRecord(note(text)))));
    expect(texts(openJournalReader(file, parseNote).read())).toEqual(large);
  });

  it('does not take a line that is longer than any record', async () => {
    const file = await journalIn();
    writeFileSync(file, encodeRecord(note('q'.repeat(RECORD_MAX_BYTES))));
    appendFileSync(file, encodeRecord(note('next')));
    const tail = openJournalReader(file, parseNote).read();
    expect(texts(tail)).toEqual(['next']);
    expect(tail.malformed).toHaveLength(1);
  });

  it('sets a record apart whose body is wrong', async () => {
    const file = await journalIn();
    appendFileSync(file, encodeRecord({ ...note('x'), text: 7 } as never)); // on purpose not a note
    expect(openJournalReader(file, parseNote).read().malformed).toMatchObject([{ reason: 'no text' }]);
  });

  it('begins anew when the file was cut', async () => {
    const file = await journalIn();
    appendFileSync(file, encodeRecord(note('one')));
    const reader = openJournalReader(file, parseNote);
    reader.read();
    truncateSync(file, 0);
    expect(reader.read()).toMatchObject({ isReset: true, records: [] });
    appendFileSync(file, encodeRecord(note('two')));
    expect(texts(reader.read())).toEqual(['two']);
  });

  it('begins anew when the file was cut and has grown past the old place', async () => {
    const file = await journalIn();
    appendFileSync(file, encodeRecord(note('one')));
    const reader = openJournalReader(file, parseNote);
    reader.read();
    truncateSync(file, 0);
    appendFileSync(file, Buffer.concat(['a', 'b', 'c'].map((text) => encodeRecord(note(text)))));
    const tail = reader.read();
    expect(tail.isReset).toBe(true);
    expect(texts(tail)).toEqual(['a', 'b', 'c']);
  });

  it('begins anew when another file was put in its place', async () => {
    const file = await journalIn();
    appendFileSync(file, encodeRecord(note('one')));
    const reader = openJournalReader(file, parseNote);
    reader.read();
    writeFileSync(`${file}.new`, encodeRecord(note('other')));
    renameSync(`${file}.new`, file);
    const tail = reader.read();
    expect(tail.isReset).toBe(true);
    expect(texts(tail)).toEqual(['other']);
  });

  it('says once that the file is gone', async () => {
    const file = await journalIn();
    appendFileSync(file, encodeRecord(note('one')));
    const reader = openJournalReader(file, parseNote);
    reader.read();
    rmSync(file);
    expect(reader.read().isReset).toBe(true);
    expect(reader.read().isReset).toBe(false);
  });

  it('says which file can not be read and why', async () => {
    const folder = await temporaryFolder();
    expect(() => openJournalReader(folder, parseNote).read()).toThrowError(
      expect.objectContaining({ code: 'JOURNAL_UNREADABLE', message: expect.stringContaining(folder) }),
    );
  });

  it.skipIf(process.getuid?.() === 0)('says so when the rights do not allow it', async () => {
    const file = await journalIn();
    appendFileSync(file, encodeRecord(note('one')));
    chmodSync(file, 0);
    expect(() => openJournalReader(file, parseNote).read()).toThrowError(/EACCES/);
  });
});
