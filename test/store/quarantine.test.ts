import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Malformed } from '../../src/store/options.ts';
import { quarantine } from '../../src/store/quarantine.ts';
import { temporaryFolder } from '../support/temporary.ts';

const torn = (offset: number, text: string) => ({
  ...{ file: '/team/inbox.jsonl', offset, reason: 'not JSON', bytes: Buffer.from(text) },
});

describe('setting malformed records aside', () => {
  it('copies each to a file of its own and warns of each', async () => {
    const folder = join(await temporaryFolder(), 'quarantine');
    const warned: Malformed[] = [];
    quarantine(folder, [torn(1, 'a{'), torn(900, 'b{')], (malformed) => warned.push(malformed));
    expect(readdirSync(folder)).toEqual(['000000000001.txt', '000000000900.txt']);
    expect(readFileSync(join(folder, '000000000900.txt'), 'utf8')).toBe('b{');
    expect(warned.map(({ offset }) => offset)).toEqual([1, 900]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('does it once, also when the owner is started again', async () => {
    const folder = join(await temporaryFolder(), 'quarantine');
    const warned: Malformed[] = [];
    for (let life = 0; life < 3; life++) quarantine(folder, [torn(1, 'a{')], (what) => warned.push(what));
    expect(warned).toHaveLength(1);
  });

  it('makes no folder when there is nothing to set aside', async () => {
    const folder = await temporaryFolder();
    quarantine(join(folder, 'quarantine'), []);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('warns and goes on when it can not copy', async () => {
    const folder = join(await temporaryFolder(), 'quarantine');
    writeFileSync(folder, 'a file where the folder should be');
    const warned: Malformed[] = [];
    quarantine(folder, [torn(1, 'a{'), torn(9, 'b{')], (malformed) => warned.push(malformed));
    expect(warned).toHaveLength(2);
    expect(warned[0]?.reason).toContain('not copied');
  });
});
