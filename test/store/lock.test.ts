import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder, lockOwnerFile, readLockOwner, withLock } from '../../src/store/lock.ts';
import { createLockReaper } from '../../src/store/lock-reaper.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startChild } from './support/child.ts';

const here = new URL('./support/', import.meta.url).href;

async function place() {
  const folder = await temporaryFolder();
  const log = join(folder, 'log');
  appendFileSync(log, '');
  return { file: join(folder, 'journal.jsonl'), log };
}

describe('a lock', () => {
  it('is had by one at a time, among several processes', async () => {
    const { file, log } = await place();
    const names = ['ann', 'bob', 'cy', 'dan'];
    const children = names.map((name) => startChild(here, 'hold-lock', { file, log, name, rounds: 25 }));
    await Promise.all(children.map((child) => child.ended));
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(2 * 25 * names.length);
    for (let i = 0; i < lines.length; i += 2) {
      expect(lines[i + 1]).toBe(lines[i]?.replace('in', 'out'));
    }
    expect(existsSync(lockFolder(file))).toBe(false);
    expect(existsSync(lockOwnerFile(file))).toBe(false);
  });

  it('is had by one at a time within a process, too', async () => {
    const { file } = await place();
    let inside = 0;
    let most = 0;
    const once = () =>
      withLock(file, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      });
    await Promise.all(Array.from({ length: 10 }, once));
    expect(most).toBe(1);
  });

  it('is given back when the work fails', async () => {
    const { file } = await place();
    const work = withLock(file, async () => {
      throw new Error('the work failed');
    });
    await expect(work).rejects.toThrow('the work failed');
    expect(await withLock(file, async () => 'free')).toBe('free');
  });

  it('names who has it while others wait in vain', async () => {
    const { file } = await place();
    await withLock(file, async () => {
      expect(readLockOwner(file)?.pid).toBe(process.pid);
      await expect(withLock(file, async () => {}, { timeoutMs: 60 })).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        message: expect.stringContaining(`process ${process.pid} has it`),
      });
    });
  });

  it('is not waited for any longer once the signal says so', async () => {
    const { file } = await place();
    await withLock(file, async () => {
      const waiting = withLock(file, async () => {}, { signal: AbortSignal.timeout(30) });
      await expect(waiting).rejects.toThrow(/abort/i);
    });
  });

  it('says why when its folder can not be made', async () => {
    const { file } = await place();
    await expect(withLock(join(file, 'no', 'such'), async () => {})).rejects.toMatchObject({
      code: 'JOURNAL_NOT_WRITTEN',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('does not stay behind when the name of its owner can not be written', async () => {
    const { file } = await place();
    mkdirSync(lockOwnerFile(file)); // a folder where the name should be
    await expect(withLock(file, async () => {})).rejects.toThrow(/EISDIR/);
    expect(existsSync(lockFolder(file))).toBe(false);
  });

  it('that was taken away while its holder was paused stops the holder, and stays with the new one', async () => {
    const { file, log } = await place();
    const sleeper = startChild(here, 'hold-lock', { file, log, name: 'sleeper', holdMs: 300 });
    await sleeper.says('held');
    sleeper.kill('SIGSTOP');
    // What nobody should do: take it away although its holder lives.
    rmSync(lockOwnerFile(file));
    rmdirSync(lockFolder(file));
    await withLock(file, async ({ assertHeld }) => {
      sleeper.kill('SIGCONT');
      expect(await sleeper.says('failed')).toBe('LOCK_LOST');
      await sleeper.ended;
      assertHeld(); // its end has not taken the lock from us
      expect(existsSync(lockFolder(file))).toBe(true);
    });
    expect(readFileSync(log, 'utf8')).toBe('in sleeper\n');
  });
});

describe('the reaper of a lock', () => {
  it('frees the lock of a process that was killed', async () => {
    const { file, log } = await place();
    const child = startChild(here, 'hold-lock', { file, log, name: 'ann', holdMs: 60_000 });
    await child.says('held');
    const reaper = createLockReaper(file);
    expect(reaper.reapDeadLock()).toBe(false);
    child.kill('SIGKILL');
    await child.ended;
    expect(reaper.reapDeadLock()).toBe(true);
    expect(reaper.reapDeadLock()).toBe(false);
    expect(await withLock(file, async () => 'mine', { timeoutMs: 1000 })).toBe('mine');
  });

  it('never frees the lock of a process that is paused', async () => {
    const { file, log } = await place();
    const child = startChild(here, 'hold-lock', { file, log, name: 'ann', holdMs: 60_000 });
    await child.says('held');
    child.kill('SIGSTOP');
    const reaper = createLockReaper(file, { unnamedMs: 0 });
    for (let i = 0; i < 20; i++) expect(reaper.reapDeadLock()).toBe(false);
    expect(existsSync(lockFolder(file))).toBe(true);
  });

  it('frees a lock that nobody is named for, once the very same has stood for long enough', async () => {
    const { file } = await place();
    const reaper = createLockReaper(file, { unnamedMs: 150 });
    mkdirSync(lockFolder(file));
    expect(reaper.reapDeadLock()).toBe(false);
    // Another lock at the same path begins its own time.
    mkdirSync(`${file}.other`);
    rmdirSync(lockFolder(file));
    renameSync(`${file}.other`, lockFolder(file));
    const begun = performance.now();
    await eventually('the lock is freed', () => reaper.reapDeadLock());
    expect(performance.now() - begun).toBeGreaterThan(140);
  });

  it('takes the name of a dead owner for what it is, also when it is damaged', async () => {
    const { file } = await place();
    mkdirSync(lockFolder(file));
    writeFileSync(lockOwnerFile(file), '{"pid":1');
    const reaper = createLockReaper(file, { unnamedMs: 0 });
    expect(reaper.reapDeadLock()).toBe(true);
    expect(existsSync(lockOwnerFile(file))).toBe(false);
  });

  it('does nothing where there is no lock', async () => {
    const { file } = await place();
    expect(createLockReaper(file).reapDeadLock()).toBe(false);
  });
});
