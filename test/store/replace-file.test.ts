import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../src/store/replace-file.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { canMount, fillDisk, smallDisk } from './support/small-disk.ts';

describe('replacing a file', () => {
  it('puts the new content in place, for nobody else to read, and leaves nothing beside it', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'cursor.json');
    await replaceFile(file, 'old');
    await replaceFile(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['cursor.json']);
  });

  it('shows a reader the old or the new at any moment, never a part', async () => {
    const file = join(await temporaryFolder(), 'cursor.json');
    await replaceFile(file, 'a'.repeat(50_000));
    let isDone = false;
    const writer = (async () => {
      for (let i = 0; i < 40; i++)
        await replaceFile(file, (i % 2 ? 'a' : 'b').repeat(50_000), { durable: false });
      isDone = true;
    })();
    while (!isDone) {
      expect(readFileSync(file, 'utf8')).toMatch(/^(a{50000}|b{50000})$/);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writer;
  });

  it('leaves the old content and no draft when the rename fails', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'cursor.json'));
    await expect(replaceFile(join(folder, 'cursor.json'), 'new')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(['cursor.json']);
  });

  it.runIf(canMount)('leaves the old content and no draft on a full disk', async () => {
    const disk = await smallDisk();
    const file = join(disk, 'cursor.json');
    await replaceFile(file, 'old');
    fillDisk(disk);
    await expect(replaceFile(file, 'n'.repeat(20_000))).rejects.toThrow(/ENOSPC/);
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(disk).sort()).toEqual(['ballast', 'cursor.json']);
  });
});
