import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Client, O, RemoteError, SET } from './client.ts';
import { recorded } from './recorded.ts';
import { reviewed } from './reviewed.ts';
import { ROOT } from './steps.ts';

/** Modes in which an agent may write, each with a client that works on a folder of its own. */
const MODES = ['rw', 'keep', 'review'] as const;

async function desk(mode: (typeof MODES)[number]): Promise<{ client: Client; work: string; local: string }> {
  const made = mode === 'review' ? await reviewed() : await recorded();
  const local = join(made.folder, 'local');
  fs.mkdirSync(local);
  for (const root of [made.work, local]) {
    fs.mkdirSync(join(root, 'dir/full'), { recursive: true });
    fs.mkdirSync(join(root, 'empty'));
    fs.writeFileSync(join(root, 'dir/full/x'), 'x');
    fs.writeFileSync(join(root, 'file'), Buffer.alloc(5000, 1));
    fs.symlinkSync('file', join(root, 'link'));
  }
  const { client } = 'staging' in made ? await made.agent('ada') : await made.agent('ada', { mode });
  return { client, work: made.work, local };
}

const EPERM = 1;
const LARGEST = 300_000;
const place = fc.nat(LARGEST);
const length = fc.oneof(fc.nat(100), fc.nat(70_000));
/** What fsx does to one file: writes, reads, cuts and holes at any place, opened anew or not. */
const action = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), place, length, byte: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('read' as const), place, length }),
  fc.record({ kind: fc.constant('truncate' as const), place }),
  fc.record({ kind: fc.constant('reopen' as const) }),
  fc.record({ kind: fc.constant('append' as const), length: fc.nat(5000) }),
);

describe.each(MODES)('in a grant of mode %s', (mode) => {
  test('a file that is written, read, cut and grown at random holds what a local one does', {
    timeout: process.env.COWORK_SOAK ? 3_600_000 : 60_000,
  }, async () => {
    const { client, local } = await desk(mode);
    const [remote, path] = [`${ROOT}/file`, join(local, 'file')];
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 50 }), async (actions) => {
        let fid = await client.open(remote, O.rdwr);
        const reader = await client.open(remote);
        const fd = fs.openSync(path, 'r+');
        for (const each of actions) {
          if (each.kind === 'write') {
            const data = Buffer.alloc(each.length, each.byte);
            await client.write(fid, each.place, data);
            fs.writeSync(fd, data, 0, data.length, each.place);
          } else if (each.kind === 'read') {
            const expected = Buffer.alloc(each.length);
            const got = fs.readSync(fd, expected, 0, each.length, each.place);
            const theirs = await client.read(reader, each.place, each.length);
            expect(theirs.equals(expected.subarray(0, got))).toBe(true);
          } else if (each.kind === 'truncate') {
            await client.setattr(fid, SET.size, { size: each.place });
            fs.ftruncateSync(fd, each.place);
          } else if (each.kind === 'append') {
            const more = await client.open(remote, O.wronly | O.append);
            await client.write(more, 0, Buffer.alloc(each.length, 9));
            await client.clunk(more);
            fs.appendFileSync(path, Buffer.alloc(each.length, 9));
          } else {
            await client.clunk(fid);
            fid = await client.open(remote, O.rdwr);
          }
        }
        await client.clunk(fid);
        await client.clunk(reader);
        fs.closeSync(fd);
        expect((await client.stat(remote)).size).toBe(fs.statSync(path).size);
        expect((await client.readFile(remote)).equals(fs.readFileSync(path))).toBe(true);
      }),
      { numRuns: Number(process.env.COWORK_TEST_RUNS ?? 20) },
    );
  });

  /** What POSIX asks of names, as pjdfstest does: each with the error that a local directory gives. */
  const cases: [string, (client: Client) => Promise<unknown>, (root: string) => unknown][] = [
    ['mkdir over a file', (c) => c.mkdir(`${ROOT}/file`), (r) => fs.mkdirSync(join(r, 'file'))],
    ['mkdir over a link', (c) => c.mkdir(`${ROOT}/link`), (r) => fs.mkdirSync(join(r, 'link'))],
    ['mkdir over a folder', (c) => c.mkdir(`${ROOT}/dir`), (r) => fs.mkdirSync(join(r, 'dir'))],
    ['rmdir of a file', (c) => c.rmdir(`${ROOT}/file`), (r) => fs.rmdirSync(join(r, 'file'))],
    ['rmdir of a link', (c) => c.rmdir(`${ROOT}/link`), (r) => fs.rmdirSync(join(r, 'link'))],
    ['rmdir of a full folder', (c) => c.rmdir(`${ROOT}/dir/full`), (r) => fs.rmdirSync(join(r, 'dir/full'))],
    ['unlink of what is not there', (c) => c.unlink(`${ROOT}/none`), (r) => fs.unlinkSync(join(r, 'none'))],
    [
      'symlink over a file',
      (c) => c.symlink(`${ROOT}/file`, 'x'),
      (r) => fs.symlinkSync('x', join(r, 'file')),
    ],
    [
      'link over a link',
      (c) => c.link(`${ROOT}/file`, `${ROOT}/link`),
      (r) => fs.linkSync(join(r, 'file'), join(r, 'link')),
    ],
    [
      'exclusive creation of a link that leads nowhere yet',
      async (c) => c.clunk(await c.create(`${ROOT}/link`, O.rdwr | O.creat | O.excl)),
      (r) => fs.openSync(join(r, 'link'), 'wx+'),
    ],
    [
      'rename of a folder over a file',
      (c) => c.rename(`${ROOT}/dir`, `${ROOT}/file`),
      (r) => fs.renameSync(join(r, 'dir'), join(r, 'file')),
    ],
    [
      'rename of a file over a folder',
      (c) => c.rename(`${ROOT}/file`, `${ROOT}/dir`),
      (r) => fs.renameSync(join(r, 'file'), join(r, 'dir')),
    ],
    [
      'rename of a folder over a full folder',
      (c) => c.rename(`${ROOT}/empty`, `${ROOT}/dir`),
      (r) => fs.renameSync(join(r, 'empty'), join(r, 'dir')),
    ],
    [
      'rename of a folder into itself',
      (c) => c.rename(`${ROOT}/dir`, `${ROOT}/dir/full/dir`),
      (r) => fs.renameSync(join(r, 'dir'), join(r, 'dir/full/dir')),
    ],
    [
      'rename of what is not there',
      (c) => c.rename(`${ROOT}/none`, `${ROOT}/file`),
      (r) => fs.renameSync(join(r, 'none'), join(r, 'file')),
    ],
    [
      'a name of 256 bytes',
      (c) => c.mkdir(`${ROOT}/${'x'.repeat(256)}`),
      (r) => fs.mkdirSync(join(r, 'x'.repeat(256))),
    ],
    ['a file below a file', (c) => c.mkdir(`${ROOT}/file/x`), (r) => fs.mkdirSync(join(r, 'file/x'))],
    [
      'writing to a folder',
      async (c) => c.clunk(await c.open(`${ROOT}/dir`, O.wronly)),
      (r) => fs.openSync(join(r, 'dir'), 'r+'),
    ],
  ];

  test('what a local directory refuses is refused with the same error, and changes nothing', async () => {
    const { client, work, local } = await desk(mode);
    const tree = (root: string) => fs.readdirSync(root, { recursive: true }).sort();
    const before = tree(work);
    for (const [title, theirs, here] of cases) {
      const given = await errorOf(() => theirs(client));
      const expected = await errorOf(() => here(local));
      // What would be lost there is refused by the mode before anything else is looked at.
      const isKept = mode === 'keep' && given === EPERM && title.endsWith('full folder');
      expect([title, given]).toEqual([title, isKept ? EPERM : expected]);
    }
    expect(tree(work)).toEqual(before);
    expect(await client.names(`${ROOT}/dir/full`)).toEqual(['x']);
  });

  test('times, rights and sizes are what was set, after a rename as well', async () => {
    const { client } = await desk(mode);
    const times = { atimeNs: 1_600_000_000_000_000_000n, mtimeNs: 1_500_000_000_000_000_000n };
    await client.with(`${ROOT}/file`, (fid) =>
      client.setattr(fid, SET.mode | SET.atime | SET.mtime | SET.atimeGiven | SET.mtimeGiven, {
        mode: 0o640,
        ...times,
      }),
    );
    await client.rename(`${ROOT}/file`, `${ROOT}/dir/moved`);
    expect(await client.stat(`${ROOT}/dir/moved`)).toMatchObject({
      mode: 0o100640,
      size: 5000,
      mtimeNs: times.mtimeNs,
    });
    await expect(client.stat(`${ROOT}/file`)).rejects.toThrow();
    const { mtimeNs } = await client.stat(`${ROOT}/dir`);
    expect(Number(mtimeNs / 1_000_000n)).toBeGreaterThan(Date.now() - 600_000);
  });
});

async function errorOf(work: () => unknown): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (error instanceof RemoteError) return error.errno;
    if (error instanceof Error && 'errno' in error) return -Number(error.errno);
    throw error;
  }
}
