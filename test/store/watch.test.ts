import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchFolder } from '../../src/store/watch.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

function count(folder: string, options: { rescanMs?: number; depth?: number } = {}) {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const seen = { looks: 0, isOver: false, stop: () => abort.abort() };
  void (async () => {
    for await (const _ of watchFolder(folder, { rescanMs: 60_000, ...options, signal: abort.signal }))
      seen.looks++;
    seen.isOver = true;
  })();
  return seen;
}

const inotifyHandles = () =>
  readdirSync('/proc/self/fdinfo')
    .map((fd) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/^inotify wd/gm)?.length ?? 0;
      } catch {
        return 0; // the descriptor of this very look
      }
    })
    .reduce((a, b) => a + b, 0);

describe('watching a folder', () => {
  it('looks once at the start, and again after each append', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'inbox.jsonl');
    writeFileSync(file, '');
    const seen = count(folder);
    await eventually('the first look', () => seen.looks >= 1);
    for (let i = 0; i < 5; i++) {
      const before = seen.looks;
      appendFileSync(file, 'x');
      await eventually('a look after an append', () => seen.looks > before, 2000);
    }
  });

  it('sees what happens in a folder below that is made later', async () => {
    const folder = await temporaryFolder();
    const seen = count(folder, { depth: 1 });
    await eventually('the first look', () => seen.looks >= 1);
    mkdirSync(join(folder, 'bob'));
    await eventually('a look at the new folder', () => seen.looks >= 2);
    const before = seen.looks;
    writeFileSync(join(folder, 'bob', 'inbox.jsonl'), 'x');
    await eventually('a look at the new file', () => seen.looks > before, 2000);
  });

  it('looks anyway after a while, so that a lost event does not matter', async () => {
    const seen = count(join(await temporaryFolder(), 'not-there'), { rescanMs: 30 });
    await eventually('several looks', () => seen.looks > 5);
  });

  it('ends at once when it is told to, and gives its handles back', async () => {
    const folder = await temporaryFolder();
    const before = inotifyHandles();
    const seen = count(folder);
    await eventually('the first look', () => seen.looks >= 1);
    expect(inotifyHandles()).toBeGreaterThan(before);
    seen.stop();
    await eventually('the end', () => seen.isOver, 2000);
    expect(inotifyHandles()).toBe(before);
  });

  it('does not begin when it was told to end before', async () => {
    const seen: number[] = [];
    for await (const _ of watchFolder(await temporaryFolder(), { signal: AbortSignal.abort() })) seen.push(1);
    expect(seen).toEqual([]);
  });
});
