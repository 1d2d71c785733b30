import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openChanges } from '../../src/files/changes/open-changes.ts';
import { canMount, fillDisk, smallDisk } from '../store/support/small-disk.ts';
import { O } from './client.ts';
import { recorded } from './recorded.ts';
import { reviewed } from './reviewed.ts';
import { refused, serving } from './serving.ts';
import { ROOT } from './steps.ts';

const [ENOENT, ENOSPC] = [2, 28];
const descriptors = (): number => fs.readdirSync('/proc/self/fd').length;

describe('a grant that goes while an agent works in it', () => {
  test('when it is removed, what is open goes on, the rest is refused, other grants work, and a new folder there is not served', async () => {
    const { client, work, other } = await serving();
    const before = descriptors();
    fs.writeFileSync(join(work, 'a'), 'one');
    const fid = await client.open(`${ROOT}/a`, O.rdwr);
    fs.rmSync(work, { recursive: true });
    expect(String(await client.read(fid, 0, 10))).toBe('one');
    await client.write(fid, 0, 'two');
    await expect(client.readFile(`${ROOT}/a`)).rejects.toEqual(refused(ENOENT));
    await expect(client.mkdir(`${ROOT}/d`)).rejects.toEqual(refused(ENOENT));
    expect(await client.names(ROOT)).toEqual([]);
    fs.mkdirSync(work);
    fs.writeFileSync(join(work, 'mine'), 'made later');
    await expect(client.readFile(`${ROOT}/mine`)).rejects.toEqual(refused(ENOENT));
    await client.writeFile('grants/other/x', 'works');
    expect(fs.readFileSync(join(other, 'x'), 'utf8')).toBe('works');
    await client.clunk(fid);
    expect(descriptors()).toBeLessThanOrEqual(before);
  });

  test('when it is replaced by a link, nothing of the agent comes out at its end, and diff, undo and apply name the reason', async () => {
    const [desk, review] = [await recorded(), await reviewed()];
    for (const { folder, work, checkpoints, client } of [
      { ...desk, client: (await desk.agent('ada')).client },
      { ...review, client: (await review.agent('ada')).client },
    ]) {
      fs.writeFileSync(join(work, 'a'), 'one');
      await client.writeFile(`${ROOT}/a`, 'ada');
      const outside = join(folder, 'outside');
      fs.mkdirSync(outside);
      fs.renameSync(work, join(folder, 'moved'));
      fs.symlinkSync(outside, work);
      await client.writeFile(`${ROOT}/b`, 'ada');
      expect(fs.readdirSync(outside)).toEqual([]);
      expect(await openChanges(checkpoints, { name: 'work', path: work })).toEqual({
        reason: 'it is a symbolic link',
      });
    }
  });

  test.skipIf(!canMount)(
    'when it is unmounted, each change is still kept first, and undo of the empty folder puts back nothing wrong',
    async () => {
      const desk = await recorded();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'cowork-test', desk.work]);
      fs.writeFileSync(join(desk.work, 'a'), 'one');
      const { client } = await desk.agent('ada');
      expect(() => execFileSync('umount', [desk.work], { stdio: 'ignore' })).toThrow(); // busy
      execFileSync('umount', ['-l', desk.work]);
      await client.writeFile(`${ROOT}/a`, 'ada');
      expect(String(await client.readFile(`${ROOT}/a`))).toBe('ada');
      const kept = fs.readdirSync(join(desk.checkpoints, 'ada'));
      expect(kept.map((id) => fs.readFileSync(join(desk.checkpoints, 'ada', id), 'utf8'))).toEqual(['one']);
      expect(desk.survey({ path: 'a' })).toMatchObject([
        { change: 'deleted', conflict: expect.stringContaining('outside') },
      ]);
      expect(await desk.undo({ path: 'a' })).toHaveProperty('conflicts');
      expect(fs.readdirSync(desk.work)).toEqual([]);
    },
  );
});

describe.skipIf(!canMount)('a full disk', () => {
  test('of the grant: the agent gets "no space", what was there stays, and it goes on when there is room', async () => {
    const disk = await smallDisk(512);
    const { client } = await serving([{ name: 'small', root: disk, mode: 'rw' }]);
    await client.writeFile('grants/small/a', 'one');
    const ballast = fillDisk(disk);
    const fid = await client
      .create('grants/small/b', O.rdwr | O.creat)
      .catch((error) => expect(error).toEqual(refused(ENOSPC)));
    if (typeof fid === 'number') {
      await expect(client.write(fid, 0, 'x'.repeat(10_000))).rejects.toEqual(refused(ENOSPC));
      await client.clunk(fid);
    }
    expect(String(await client.readFile('grants/small/a'))).toBe('one');
    fs.rmSync(ballast);
    await client.writeFile('grants/small/b', 'two');
    expect(fs.readFileSync(join(disk, 'b'), 'utf8')).toBe('two');
  });

  test('of the first versions: the change is refused, the file stays as it was, and nothing half-kept is left', async () => {
    const disk = await smallDisk(512);
    const desk = await recorded({ checkpoints: disk });
    fs.writeFileSync(join(desk.work, 'a'), 'x'.repeat(100_000));
    const { client } = await desk.agent('ada');
    await client.writeFile(`${ROOT}/first`, 'makes the folder');
    const ballast = fillDisk(disk);
    await expect(client.writeFile(`${ROOT}/a`, 'ada')).rejects.toEqual(refused(ENOSPC));
    await expect(client.rename(`${ROOT}/first`, `${ROOT}/a`)).rejects.toThrow();
    expect(fs.readFileSync(join(desk.work, 'a'), 'utf8')).toBe('x'.repeat(100_000));
    expect(fs.existsSync(join(disk, 'ada')) ? fs.readdirSync(join(disk, 'ada')) : []).toEqual([]);
    fs.rmSync(ballast);
    await client.writeFile(`${ROOT}/a`, 'ada');
    await desk.undo();
    expect(fs.readFileSync(join(desk.work, 'a'), 'utf8')).toBe('x'.repeat(100_000));
  });

  test('of the staging folder: the agent gets "no space", sees what it saw, and nothing of it lands', async () => {
    const disk = await smallDisk(512);
    const desk = await reviewed({ checkpoints: disk });
    fs.writeFileSync(join(desk.work, 'a'), 'x'.repeat(100_000));
    const { client } = await desk.agent('ada');
    await client.writeFile(`${ROOT}/b`, 'staged');
    const ballast = fillDisk(disk);
    await expect(client.writeFile(`${ROOT}/a`, 'ada')).rejects.toEqual(refused(ENOSPC));
    expect((await client.readFile(`${ROOT}/a`)).length).toBe(100_000);
    expect((await desk.staged()).map(({ path }) => path)).toEqual(['b']);
    expect(fs.readdirSync(join(desk.staging('ada'), 'drafts'))).toEqual([]);
    fs.rmSync(ballast);
    await client.writeFile(`${ROOT}/a`, 'ada');
    expect(await desk.apply()).toMatchObject({ stuck: [] });
    expect(fs.readFileSync(join(desk.work, 'a'), 'utf8')).toBe('ada');
  });

  test('of the grant at the time of apply: what can not land is named and waits, what was there stays', async () => {
    const disk = await smallDisk(512);
    const desk = await reviewed({ work: disk });
    fs.writeFileSync(join(desk.work, 'a'), 'one');
    const { client } = await desk.agent('ada');
    await client.writeFile(`${ROOT}/a`, 'x'.repeat(100_000));
    const ballast = fillDisk(disk);
    const outcome = await desk.apply();
    expect(outcome).toMatchObject({
      landed: [],
      stuck: [{ path: 'a', reason: expect.stringContaining('ENOSPC') }],
    });
    expect(fs.readFileSync(join(disk, 'a'), 'utf8')).toBe('one');
    expect(fs.readdirSync(disk).sort()).toEqual(['a', 'ballast']);
    fs.rmSync(ballast);
    expect(await desk.apply()).toMatchObject({ landed: [{ path: 'a' }], stuck: [] });
    expect(fs.readFileSync(join(disk, 'a'), 'utf8')).toBe('x'.repeat(100_000));
  });
});
