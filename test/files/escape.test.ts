import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { O, RemoteError, SET, T, text, u16, u32 } from './client.ts';
import { refused, serving } from './serving.ts';

const [ENOENT, ENOTDIR, EXDEV, EINVAL, EROFS, ENAMETOOLONG, ELOOP] = [2, 20, 18, 22, 30, 36, 40];
const SWAP = join(import.meta.dirname, 'fixtures/swap.mjs');

describe('names', () => {
  const hostile: [string, number][] = [
    ['', EINVAL],
    ['.', EINVAL],
    ['..', EINVAL],
    ['a/b', EINVAL],
    ['/', EINVAL],
    ['../outside', EINVAL],
    ['a\0b', EINVAL],
    ['x'.repeat(256), ENAMETOOLONG],
    ['é'.repeat(128), ENAMETOOLONG],
  ];

  test.each(hostile)('the name %j is refused by every request that takes one', async (name, errno) => {
    const { client, folder } = await serving();
    const before = listing(folder);
    const top = await client.walk('grants/work');
    await client.writeFile('memory/f', '');
    const file = await client.walk('memory/f');
    const memory = await client.walk('memory');
    const n = text(name);
    const requests: [number, ...Buffer[]][] = [
      [T.walk, u32(top), u32(900), u16(1), n],
      [T.lcreate, u32(top), n, u32(O.rdwr), u32(0o600), u32(0)],
      [T.symlink, u32(top), n, text('t'), u32(0)],
      [T.mknod, u32(top), n, u32(0o100600), u32(0), u32(0), u32(0)],
      [T.mkdir, u32(top), n, u32(0o700), u32(0)],
      [T.rename, u32(file), u32(memory), n],
      [T.renameat, u32(memory), n, u32(memory), text('y')],
      [T.renameat, u32(memory), text('f'), u32(memory), n],
      [T.unlinkat, u32(top), n, u32(0)],
      [T.unlinkat, u32(top), n, u32(0x200)],
      [T.link, u32(memory), u32(file), n],
    ];
    for (const request of requests) await expect(client.request(...request)).rejects.toEqual(refused(errno));
    await client.unlink('memory/f');
    expect(listing(folder)).toEqual(before);
  });

  test('the longest name allowed works', async () => {
    const { client } = await serving();
    const name = 'x'.repeat(255);
    await client.writeFile(`grants/work/${name}`, 'fits');
    expect(await client.names('grants/work')).toEqual([name]);
  });
});

describe('links', () => {
  test('a link out of the grant is never followed, whoever made it', async () => {
    const { client, work, outside } = await serving();
    fs.writeFileSync(join(outside, 'secret'), 'secret');
    fs.symlinkSync(outside, join(work, 'dir'));
    fs.symlinkSync(join(outside, 'secret'), join(work, 'file'));
    await client.symlink('grants/work/made', '../outside/secret');
    await expect(client.readFile('grants/work/dir/secret')).rejects.toEqual(refused(ENOENT));
    await expect(client.mkdir('grants/work/dir/x')).rejects.toEqual(refused(ENOTDIR));
    await expect(client.create('grants/work/dir/x')).rejects.toEqual(refused(ENOTDIR));
    await expect(client.readdir('grants/work/dir')).rejects.toEqual(refused(ELOOP));
    for (const name of ['file', 'made']) {
      const path = `grants/work/${name}`;
      for (const flags of [O.rdonly, O.wronly, O.rdwr | O.trunc]) {
        await expect(client.open(path, flags)).rejects.toEqual(refused(ELOOP));
        await expect(client.create(path, flags | O.creat)).rejects.toEqual(refused(ELOOP));
      }
      const set = (valid: number) => client.with(path, (fid) => client.setattr(fid, valid, { mode: 0 }));
      await expect(set(SET.mode)).rejects.toBeInstanceOf(RemoteError);
      await expect(set(SET.size)).rejects.toEqual(refused(EINVAL));
      await set(SET.mtime | SET.mtimeGiven);
    }
    await client.link('grants/work/file', 'grants/work/again');
    expect(fs.lstatSync(join(work, 'again')).isSymbolicLink()).toBe(true);
    const stat = fs.statSync(join(outside, 'secret'));
    expect([stat.size, stat.mode & 0o777, stat.mtimeMs > 1000]).toEqual([6, 0o644, true]);
    expect(fs.readdirSync(outside)).toEqual(['secret']);
  });

  test('a directory that another process keeps swapping for a link leads nowhere else', {
    timeout: 30_000,
  }, async () => {
    const { client, work, outside } = await serving();
    fs.mkdirSync(join(work, 'd'));
    for (const [folder, word] of [
      [join(work, 'd'), 'inside'],
      [outside, 'outside'],
    ] as const) {
      fs.writeFileSync(join(folder, 'known'), word);
      fs.writeFileSync(join(folder, 'victim'), word);
    }
    const before = listing(outside);
    const swapper = spawn(process.execPath, [SWAP, work, outside], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void swapper.kill('SIGKILL'));
    await once(swapper.stdout, 'data');

    const seen = { read: 0, missed: 0 };
    const tries: (() => Promise<unknown>)[] = [
      async () => {
        expect(String(await client.readFile('grants/work/d/known'))).toBe('inside');
        seen.read++;
      },
      () => client.writeFile('grants/work/d/victim', 'inside'),
      () => client.writeFile(`grants/work/d/new-${Math.trunc(performance.now())}`, 'inside'),
      () => client.mkdir(`grants/work/d/dir-${performance.now()}`),
      () => client.rename('grants/work/d/known', 'grants/work/d/known'),
      () => client.unlink('grants/work/d/victim'),
      () => client.with('grants/work/d/known', (fid) => client.setattr(fid, SET.mode, { mode: 0o600 })),
      () => client.with('grants/work/d', (fid) => client.setattr(fid, SET.mode, { mode: 0o700 })),
      async () => expect((await client.names('grants/work/d')).includes('secret')).toBe(false),
    ];
    const start = performance.now();
    const enough = () => Math.min(seen.read, seen.missed) > 10;
    for (let ms = 0; ms < 2000 || (ms < 15_000 && !enough()); ms = performance.now() - start) {
      for (const attempt of tries) {
        try {
          await attempt();
        } catch (error) {
          if (!(error instanceof RemoteError)) throw error;
          seen.missed++;
        }
      }
    }
    swapper.stdin.end();
    await once(swapper, 'exit');
    expect(enough(), JSON.stringify(seen)).toBe(true);
    expect(listing(outside)).toEqual(before);
  });

  test('a grant whose root is swapped for a link goes on meaning the folder that was granted', async () => {
    const { client, work, outside } = await serving();
    fs.writeFileSync(join(work, 'mine'), '');
    fs.renameSync(work, `${work}-moved`);
    fs.symlinkSync(outside, work);
    expect(await client.names('grants/work')).toEqual(['mine']);
    await client.writeFile('grants/work/new', '');
    expect(fs.readdirSync(outside)).toEqual([]);
    fs.rmSync(`${work}-moved`, { recursive: true });
    await expect(client.writeFile('grants/work/late', '')).rejects.toEqual(refused(ENOENT));
    expect(await client.names('grants/other')).toEqual([]);
  });
});

describe('grants', () => {
  test('nothing is renamed or linked from one grant into another', async () => {
    const { client, other, work } = await serving();
    await client.writeFile('grants/work/a', '');
    for (const to of ['grants/other/a', 'grants/look/a', 'memory/a']) {
      await expect(client.rename('grants/work/a', to)).rejects.toEqual(refused(EXDEV));
      await expect(client.link('grants/work/a', to)).rejects.toEqual(refused(EXDEV));
      const moved = client.with('grants/work/a', (fid) =>
        client.inParent(to, (into, name) => client.request(T.rename, u32(fid), u32(into), text(name))),
      );
      await expect(moved).rejects.toEqual(refused(EXDEV));
    }
    expect([fs.readdirSync(work), fs.readdirSync(other)]).toEqual([['a'], []]);
  });

  test('a read-only grant reads everything and refuses every change with EROFS', async () => {
    const { client, look, events } = await serving();
    fs.mkdirSync(join(look, 'd'));
    fs.writeFileSync(join(look, 'f'), 'text');
    const before = listing(look);
    expect(String(await client.readFile('grants/look/f'))).toBe('text');
    const changes: (() => Promise<unknown>)[] = [
      () => client.open('grants/look/f', O.wronly),
      () => client.open('grants/look/f', O.rdwr),
      () => client.open('grants/look/f', O.rdonly | O.trunc),
      () => client.create('grants/look/new'),
      () => client.create('grants/look/f', O.wronly | O.creat),
      () => client.mkdir('grants/look/new'),
      () => client.symlink('grants/look/new', 'x'),
      () => client.link('grants/look/f', 'grants/look/new'),
      () => client.rename('grants/look/f', 'grants/look/new'),
      () => client.unlink('grants/look/f'),
      () => client.rmdir('grants/look/d'),
      async () => client.request(T.remove, u32(await client.walk('grants/look/f'))),
      async () =>
        client.request(
          T.rename,
          u32(await client.walk('grants/look/f')),
          u32(await client.walk('grants/look')),
          text('n'),
        ),
      () =>
        client.with('grants/look', (fid) =>
          client.request(T.mknod, u32(fid), text('n'), u32(0o100600), u32(0), u32(0), u32(0)),
        ),
      ...[SET.mode, SET.size, SET.mtime, SET.atime | SET.atimeGiven, SET.uid].map(
        (valid) => () => client.with('grants/look/f', (fid) => client.setattr(fid, valid, { mode: 0 })),
      ),
    ];
    for (const change of changes) await expect(change()).rejects.toEqual(refused(EROFS));
    expect(listing(look)).toEqual(before);
    const told = events.filter((event) => event.type === 'refused');
    expect(told).toHaveLength(changes.length);
    expect(told[0]).toEqual({ type: 'refused', kind: 'write', grant: 'look', path: 'f', errno: EROFS });
  });

  test('a grant that cannot be opened is named with its reason, and the others work', async () => {
    const { client, folder, server, outside, events } = await serving();
    fs.writeFileSync(join(folder, 'file'), '');
    fs.symlinkSync(outside, join(folder, 'link'));
    const add = (name: string, root: string) =>
      server.addGrant({ name, root: join(folder, root), mode: 'rw' });
    add('missing', 'missing');
    add('file', 'file');
    add('link', 'link');
    add('work', 'outside');
    add('../up', 'outside');
    expect(server.failed.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'missing: it does not exist',
      'file: it is not a folder',
      'link: it is a symbolic link',
      'work: another grant has this name',
      '../up: its name is not a plain file name',
    ]);
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(5);
    expect(await client.names('grants')).toEqual(['look', 'other', 'work']);
  });

  test('a grant added later is seen at once, under any name', async () => {
    const { client, server, outside } = await serving();
    server.addGrant({ name: 'späte Ordner', root: outside, mode: 'ro' });
    fs.writeFileSync(join(outside, 'f'), 'there');
    expect(await client.names('grants')).toContain('späte Ordner');
    expect(String(await client.readFile('grants/späte Ordner/f'))).toBe('there');
  });

  test('every change is told with its grant and path', async () => {
    const { client, events } = await serving();
    await client.mkdir('grants/work/d');
    await client.writeFile('grants/work/d/ä', 'x');
    await client.rename('grants/work/d/ä', 'grants/work/b');
    await client.clunk(await client.open('grants/work/b', O.rdwr));
    await client.unlink('grants/work/b');
    const all = { type: 'changed', grant: 'work' };
    expect(events).toEqual([
      { ...all, kind: 'create', path: 'd' },
      { ...all, kind: 'create', path: 'd/ä' },
      { ...all, kind: 'rename', path: 'd/ä', to: 'b' },
      { ...all, kind: 'write', path: 'b' },
      { ...all, kind: 'remove', path: 'b' },
    ]);
  });

  test('the same inode number on another device is another file', async () => {
    if (!fs.existsSync('/dev/shm')) return;
    const other = fs.mkdtempSync('/dev/shm/cowork-test-');
    onTestFinished(() => fs.rmSync(other, { recursive: true }));
    const { client, work } = await serving([{ name: 'shm', root: other, mode: 'rw' }]);
    const numbers = new Set<bigint>();
    for (let i = 0; i < 200; i++) {
      fs.writeFileSync(join(other, `${i}`), '');
      fs.writeFileSync(join(work, `${i}`), '');
    }
    for (const { ino, name } of [
      ...(await client.readdir('grants/shm')),
      ...(await client.readdir('grants/work')),
    ]) {
      if (name !== '..') numbers.add(ino);
    }
    expect(numbers.size).toBe(402);
    await expect(client.rename('grants/shm/1', 'grants/work/x')).rejects.toEqual(refused(EXDEV));
  });
});

/** All that an intruder could have changed in a folder. */
function listing(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
    const stat = fs.lstatSync(join(folder, name));
    const content = stat.isFile() ? fs.readFileSync(join(folder, name), 'utf8') : '';
    return `${name} ${stat.mode} ${stat.ino} ${stat.nlink} ${content}`;
  });
}
