import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/store/journal.ts';
import { openJournalReader } from '../../src/store/journal-reader.ts';
import { RECORD_MAX_BYTES } from '../../src/store/record.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startChild } from './support/child.ts';
import { note, parseNote } from './support/records.ts';
import { canMount, fillDisk, smallDisk } from './support/small-disk.ts';

const here = new URL('./support/', import.meta.url).href;
const texts = (file: string) =>
  openJournalReader(file, parseNote)
    .read()
    .records.map((each) => each.text);

describe('appending to a journal', () => {
  it('keeps the order of the appends', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    const journal = openJournal(file);
    for (const text of ['one', 'two', 'three']) await journal.append(note(text));
    expect(texts(file)).toEqual(['one', 'two', 'three']);
  });

  it('makes the file and the folders that it was given, for nobody else to read', async () => {
    const folder = await temporaryFolder();
    const folders = [join(folder, 'a'), join(folder, 'a', 'b')];
    const file = join(folder, 'a', 'b', 'journal.jsonl');
    await openJournal(file, { folders }).append(note('one'));
    expect(folders.map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o700]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('does not bring back a folder above those that was removed', async () => {
    const folder = join(await temporaryFolder(), 'team');
    const file = join(folder, 'a', 'journal.jsonl');
    const journal = openJournal(file, { folders: [join(folder, 'a')] });
    await expect(journal.append(note('one'))).rejects.toMatchObject({ code: 'JOURNAL_NOT_WRITTEN' });
    expect(() => statSync(folder)).toThrow();
  });

  it('fails when the file was removed with its folder in between, and does not write into the void', async () => {
    const folder = join(await temporaryFolder(), 'team');
    mkdirSync(folder);
    const journal = openJournal(join(folder, 'journal.jsonl'));
    await journal.append(note('one'));
    rmSync(folder, { recursive: true });
    await expect(journal.append(note('two'))).rejects.toMatchObject({ code: 'JOURNAL_NOT_WRITTEN' });
  });

  it('ends what a writer that died has left, so that the next record is whole', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    const journal = openJournal(file);
    await journal.append(note('one'));
    appendFileSync(file, '\n{"v":1,"id":"torn","te');
    await journal.append(note('two'));
    expect(texts(file)).toEqual(['one', 'two']);
  });

  it('survives a foreign writer that leaves out the newline in front', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    await openJournal(file).append(note('one'));
    appendFileSync(file, `${JSON.stringify(note('foreign'))}\n`);
    expect(texts(file)).toEqual(['one', 'foreign']);
  });

  it('refuses a record that no reader would take', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    const append = openJournal(file).append(note('x'.repeat(RECORD_MAX_BYTES)));
    await expect(append).rejects.toMatchObject({ code: 'JOURNAL_NOT_WRITTEN' });
    expect(texts(file)).toEqual([]);
  });

  it('lets many appends of one process share a sync, and resolves them all', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    const journal = openJournal(file);
    await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append(note(String(i)))));
    expect(texts(file)).toHaveLength(500);
  });

  it('says why when the path can not be written to', async () => {
    const folder = await temporaryFolder();
    const journal = openJournal(folder); // a folder where the file should be
    await expect(journal.append(note('one'))).rejects.toMatchObject({
      code: 'JOURNAL_NOT_WRITTEN',
      message: expect.stringContaining('EISDIR'),
    });
  });

  // Where this can't mount; the tests on a small disk say more.
  it.skipIf(canMount)('fails each append to a full device', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    symlinkSync('/dev/full', file);
    const journal = openJournal(file, { durable: false });
    await expect(journal.append(note('one'))).rejects.toMatchObject({
      code: 'JOURNAL_NOT_WRITTEN',
      message: expect.stringContaining('ENOSPC'),
    });
  });
});

describe.runIf(canMount)('a journal on a disk that is full', () => {
  it('acknowledges only what every reader then finds, and goes on when there is room again', async () => {
    const disk = await smallDisk();
    const file = join(disk, 'journal.jsonl');
    const journal = openJournal(file);
    await journal.append(note('before'));
    const ballast = fillDisk(disk);
    const acknowledged = ['before'];
    let refused = 0;
    // The file's last page still has room: the first few fit, one is torn, the others have none.
    for (let i = 0; i < 60; i++) {
      const text = `${i} ${'y'.repeat(i * 37)}`;
      try {
        await journal.append(note(text));
        acknowledged.push(text);
      } catch (error) {
        expect(error).toMatchObject({
          code: 'JOURNAL_NOT_WRITTEN',
          message: expect.stringContaining('ENOSPC'),
        });
        refused++;
      }
      expect(texts(file)).toEqual(acknowledged);
    }
    expect(refused).toBeGreaterThan(0);
    rmSync(ballast);
    await journal.append(note('after'));
    expect(texts(file)).toEqual([...acknowledged, 'after']);
  });

  it('refuses on a disk that was made read-only', async () => {
    const disk = await smallDisk();
    const file = join(disk, 'journal.jsonl');
    const journal = openJournal(file);
    await journal.append(note('before'));
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await expect(journal.append(note('after'))).rejects.toMatchObject({
      code: 'JOURNAL_NOT_WRITTEN',
      message: expect.stringContaining('EROFS'),
    });
    expect(texts(file)).toEqual(['before']);
  });
});

describe('several processes appending to one journal', () => {
  it('lose nothing and mix nothing', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    const writers = ['ann', 'bob', 'cy', 'dan'];
    const children = writers.map((by) =>
      startChild(here, 'append-many', { file, by, count: 500, durable: false }),
    );
    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0, 0]);
    const tail = openJournalReader(file, parseNote).read();
    expect(tail.malformed).toEqual([]);
    for (const by of writers) {
      const numbers = tail.records
        .filter((each) => each.by === by)
        .map((each) => Number.parseInt(each.text, 10));
      expect(numbers).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    }
  });

  it('keep all that was acknowledged when they are killed at any moment', async () => {
    const file = join(await temporaryFolder(), 'journal.jsonl');
    const children = ['ann', 'bob', 'cy'].map((by) => ({
      by,
      child: startChild(here, 'append-many', { file, by, count: 1_000_000, durable: true }),
    }));
    for (const { child } of children) await eventually('it writes', () => child.lines.length > 50, 30_000);
    for (const { child } of children) child.kill('SIGKILL');
    await Promise.all(children.map(({ child }) => child.ended));
    const { records } = openJournalReader(file, parseNote).read();
    for (const { by, child } of children) {
      const written = records.filter((each) => each.by === by).map((each) => Number.parseInt(each.text, 10));
      expect(written).toEqual(Array.from({ length: written.length }, (_, i) => i + 1));
      expect(written.length).toBeGreaterThanOrEqual(child.lines.length);
    }
    expect(readFileSync(file, 'utf8').length).toBeGreaterThan(0);
  });
});
