import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { O, SET, T, text, u8, u16, u32, u64 } from './client.ts';
import { refused, serving } from './serving.ts';

const [EPERM, ENOENT, ENXIO, EBADF, EEXIST, ENOTDIR, EISDIR, EINVAL, ENOTEMPTY, ELOOP, EOPNOTSUPP] = [
  1, 2, 6, 9, 17, 20, 21, 22, 39, 40, 95,
];

describe('files', () => {
  test('what the guest writes is on the host, and what the host writes is in the guest', async () => {
    const { client, work } = await serving();
    await client.writeFile('grants/work/a.txt', 'from the guest');
    expect(fs.readFileSync(join(work, 'a.txt'), 'utf8')).toBe('from the guest');
    fs.writeFileSync(join(work, 'b.txt'), 'from the host');
    expect(String(await client.readFile('grants/work/b.txt'))).toBe('from the host');
  });

  test('files of several messages arrive whole, at every message size', async () => {
    const { client, work, dial } = await serving();
    const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7));
    for (const size of [4096, 10_000, 262_144, 1 << 24]) {
      const other = await (await import('./client.ts')).Client.connect((await dial()).socket, size);
      expect(other.messageBytes).toBe(Math.min(size, 262_144));
      await other.writeFile(`grants/work/${size}`, data);
      expect(fs.readFileSync(join(work, `${size}`)).equals(data)).toBe(true);
      expect((await other.readFile(`grants/work/${size}`)).equals(data)).toBe(true);
    }
    expect((await client.stat('grants/work/4096')).size).toBe(300_000);
  });

  test('the mode asked for is the mode given, without set-id bits and without the umask of the host', async () => {
    const { client, work } = await serving();
    await client.writeFile('grants/work/a', '', 0o6777);
    expect(fs.statSync(join(work, 'a')).mode & 0o7777).toBe(0o777);
    await client.mkdir('grants/work/d', 0o6777);
    expect(fs.statSync(join(work, 'd')).mode & 0o7777).toBe(0o777);
    await client.with('grants/work/a', (fid) => client.setattr(fid, SET.mode, { mode: 0o6640 }));
    expect(fs.statSync(join(work, 'a')).mode & 0o7777).toBe(0o640);
  });

  test('set-id bits of the host are not shown, and go when the guest writes or cuts the file', async () => {
    const { client, work } = await serving();
    for (const name of ['written', 'cut']) {
      fs.writeFileSync(join(work, name), 'x');
      fs.chmodSync(join(work, name), 0o6755);
      expect((await client.stat(`grants/work/${name}`)).mode & 0o7777).toBe(0o755);
    }
    await client.clunk(await client.open('grants/work/written', O.wronly));
    await client.with('grants/work/cut', (fid) => client.setattr(fid, SET.size, { size: 0 }));
    for (const name of ['written', 'cut']) expect(fs.statSync(join(work, name)).mode & 0o7777).toBe(0o755);
  });

  test('everything belongs to root in the guest, and chown changes nothing', async () => {
    const { client, work } = await serving();
    await client.writeFile('grants/work/a', '');
    const before = fs.statSync(join(work, 'a'));
    await client.with('grants/work/a', (fid) => client.setattr(fid, SET.uid | SET.gid));
    expect(fs.statSync(join(work, 'a'))).toMatchObject({ uid: before.uid, gid: before.gid });
    expect(await client.stat('grants/work/a')).toMatchObject({ uid: 0, gid: 0 });
  });

  test('exclusive creation fails on what exists, plain creation opens it, and cuts it when asked', async () => {
    const { client, work } = await serving();
    fs.writeFileSync(join(work, 'a'), 'kept');
    await expect(client.create('grants/work/a')).rejects.toEqual(refused(EEXIST));
    const kept = await client.create('grants/work/a', O.rdwr | O.creat);
    expect(String(await client.read(kept, 0, 100))).toBe('kept');
    await client.clunk(await client.create('grants/work/a', O.rdwr | O.creat | O.trunc));
    expect(fs.readFileSync(join(work, 'a'), 'utf8')).toBe('');
  });

  test('a file made read-only can be written through the fid that made it', async () => {
    const { client, work } = await serving();
    const fid = await client.create('grants/work/a', undefined, 0o444);
    await client.write(fid, 0, 'object');
    await client.setattr(fid, SET.size, { size: 3 });
    expect(fs.readFileSync(join(work, 'a'), 'utf8')).toBe('obj');
  });

  test('appends go to the end, whatever others have written meanwhile', async () => {
    const { client, work } = await serving();
    const fid = await client.create('grants/work/log', O.wronly | O.creat | O.append);
    await client.write(fid, 0, 'one ');
    fs.appendFileSync(join(work, 'log'), 'host ');
    await client.write(fid, 4, 'two');
    expect(fs.readFileSync(join(work, 'log'), 'utf8')).toBe('one host two');
  });

  test('files are cut and grown by size, and opened empty', async () => {
    const { client, work } = await serving();
    await client.writeFile('grants/work/a', '0123456789');
    await client.with('grants/work/a', (fid) => client.setattr(fid, SET.size, { size: 4 }));
    expect(fs.readFileSync(join(work, 'a'), 'utf8')).toBe('0123');
    await client.with('grants/work/a', (fid) => client.setattr(fid, SET.size, { size: 6 }));
    expect(fs.readFileSync(join(work, 'a'), 'latin1')).toBe('0123\0\0');
    await client.clunk(await client.open('grants/work/a', O.wronly | O.trunc));
    expect(fs.statSync(join(work, 'a')).size).toBe(0);
    await client.mkdir('grants/work/d');
    const directory = client.with('grants/work/d', (fid) => client.setattr(fid, SET.size));
    await expect(directory).rejects.toEqual(refused(EISDIR));
  });

  test('reads past the end are empty and writes past the end leave a hole', async () => {
    const { client } = await serving();
    const fid = await client.create('grants/work/a');
    await client.write(fid, 1 << 20, 'end');
    expect((await client.read(fid, 0, 10)).equals(Buffer.alloc(10))).toBe(true);
    expect(await client.read(fid, (1 << 20) + 3, 10)).toHaveLength(0);
    expect((await client.getattr(fid)).size).toBe((1 << 20) + 3);
  });

  test('times are set, set to now and left alone one by one', async () => {
    const { client } = await serving();
    const fid = await client.create('grants/work/a');
    const [atimeNs, mtimeNs] = [1_000_000_000_500_000_000n, 1_763_723_321_123_456_000n];
    await client.setattr(fid, SET.atime | SET.atimeGiven | SET.mtime | SET.mtimeGiven, { atimeNs, mtimeNs });
    const set = await client.getattr(fid);
    expect(set.atimeNs).toBe(atimeNs);
    expect(Number(set.mtimeNs - mtimeNs)).toBeLessThan(1000);
    expect(Number(mtimeNs - set.mtimeNs)).toBeLessThan(1000);
    await client.setattr(fid, SET.atime);
    const touched = await client.getattr(fid);
    expect(touched.mtimeNs).toBe(set.mtimeNs);
    expect(Math.abs(Number(touched.atimeNs / 1_000_000n) - Date.now())).toBeLessThan(5000);
  });

  test('fsync of files and directories, statfs and locks are answered', async () => {
    const { client, dial } = await serving();
    const file = await client.create('grants/work/a');
    const directory = await client.open('grants/work');
    for (const fid of [file, directory]) {
      for (const dataOnly of [0, 1]) await client.request(T.fsync, u32(fid), u32(dataOnly));
    }
    const answer = await client.with('grants/work', (fid) => client.request(T.statfs, u32(fid)));
    answer.u32();
    expect(answer.u32()).toBeGreaterThan(0);
    expect(answer.u64()).toBeGreaterThan(0n);

    const other = await (await import('./client.ts')).Client.connect((await dial()).socket);
    const theirs = await other.open('grants/work/a', O.rdwr);
    const range = (type: number, start: number, length: number) => [
      u8(type),
      u64(start),
      u64(length),
      u32(42),
    ];
    const lock = async (at: typeof client, fid: number, type: number, start: number, length: number) => {
      const [kind, from, many, process] = range(type, start, length) as [Buffer, Buffer, Buffer, Buffer]; // as built above
      return (await at.request(T.lock, u32(fid), kind, u32(0), from, many, process, text('vm'))).u8();
    };
    expect(await lock(client, file, 1, 0, 100)).toBe(0);
    expect(await lock(other, theirs, 1, 50, 100)).toBe(1);
    expect(await lock(client, file, 2, 40, 20)).toBe(0);
    expect(await lock(other, theirs, 1, 40, 20)).toBe(0);
    const blocker = await other.request(T.getlock, u32(theirs), ...range(1, 0, 0), text('vm'));
    expect([blocker.u8(), blocker.u64(), blocker.u64(), blocker.u32()]).toEqual([1, 0n, 40n, 42]);
    await client.clunk(file);
    expect(await lock(other, theirs, 1, 0, 0)).toBe(0);
  });

  test('reads and writes that the open mode does not allow are refused', async () => {
    const { client } = await serving();
    await client.writeFile('grants/work/a', 'x');
    const [reader, writer] = [
      await client.open('grants/work/a'),
      await client.open('grants/work/a', O.wronly),
    ];
    await expect(client.write(reader, 0, 'y')).rejects.toEqual(refused(EBADF));
    await expect(client.read(writer, 0, 1)).rejects.toEqual(refused(EBADF));
    await client.with('grants/work/a', async (fid) => {
      await expect(client.read(fid, 0, 1)).rejects.toEqual(refused(EBADF));
    });
    await expect(client.open('grants/work', O.wronly)).rejects.toEqual(refused(EISDIR));
    await expect(client.open('grants/work/a', 0o200000)).rejects.toEqual(refused(ENOTDIR));
  });

  test('extended attributes, authentication and unknown requests are refused, and the connection goes on', async () => {
    const { client } = await serving();
    await expect(client.request(T.xattrwalk, u32(0), u32(9), text('user.x'))).rejects.toEqual(
      refused(EOPNOTSUPP),
    );
    await expect(client.request(T.xattrcreate, u32(0), text('x'), u64(1), u32(0))).rejects.toEqual(
      refused(EOPNOTSUPP),
    );
    await expect(client.request(T.auth, u32(5), text(''), text(''), u32(0))).rejects.toEqual(
      refused(EOPNOTSUPP),
    );
    await expect(client.request(98)).rejects.toEqual(refused(EOPNOTSUPP));
    expect(await client.names('')).toEqual(['grants', 'memory', 'plugins']);
  });
});

describe('names', () => {
  test('rename replaces, moves between directories, and open fids go on meaning the same file', async () => {
    const { client, work } = await serving();
    await client.mkdir('grants/work/d');
    await client.writeFile('grants/work/a', 'new');
    await client.writeFile('grants/work/d/b', 'old');
    const [moved, replaced] = [
      await client.open('grants/work/a', O.rdwr),
      await client.open('grants/work/d/b'),
    ];
    await client.rename('grants/work/a', 'grants/work/d/b');
    expect(fs.readFileSync(join(work, 'd/b'), 'utf8')).toBe('new');
    expect(String(await client.read(replaced, 0, 9))).toBe('old');
    await client.write(moved, 0, 'NEW');
    expect(fs.readFileSync(join(work, 'd/b'), 'utf8')).toBe('NEW');
    await expect(client.stat('grants/work/a')).rejects.toEqual(refused(ENOENT));
  });

  test('a fid walked before a rename can be linked, renamed and removed after it', async () => {
    const { client, work } = await serving();
    await client.mkdir('grants/work/d');
    await client.writeFile('grants/work/d/a', 'x');
    const fid = await client.walk('grants/work/d/a');
    const top = await client.walk('grants/work');
    await client.rename('grants/work/d', 'grants/work/e');
    await client.rename('grants/work/e/a', 'grants/work/b');
    await client.request(T.link, u32(top), u32(fid), text('hard'));
    await client.request(T.rename, u32(fid), u32(top), text('c'));
    expect(fs.readdirSync(work).sort()).toEqual(['c', 'e', 'hard']);
    await client.request(T.remove, u32(fid));
    expect(fs.readdirSync(work).sort()).toEqual(['e', 'hard']);
    await expect(client.getattr(fid)).rejects.toEqual(refused(EBADF));
  });

  test('a fid whose name means another file by now changes neither', async () => {
    const { client, work } = await serving();
    fs.writeFileSync(join(work, 'a'), 'old');
    const fid = await client.walk('grants/work/a');
    fs.writeFileSync(join(work, 'new'), 'new');
    fs.renameSync(join(work, 'new'), join(work, 'a'));
    await expect(client.request(T.remove, u32(fid))).rejects.toEqual(refused(ENOENT));
    expect(fs.readFileSync(join(work, 'a'), 'utf8')).toBe('new');
  });

  test('directories moved below each other by host and guest form no ring', async () => {
    const { client, work, server } = await serving();
    fs.mkdirSync(join(work, 'a/b'), { recursive: true });
    const [a, b, top] = [
      await client.walk('grants/work/a'),
      await client.walk('grants/work/a/b'),
      await client.walk('grants/work'),
    ];
    fs.renameSync(join(work, 'a/b'), join(work, 'b'));
    await client.request(T.renameat, u32(top), text('a'), u32(b), text('a'));
    await client.request(T.mkdir, u32(a), text('deep'), u32(0o755), u32(0));
    expect(fs.existsSync(join(work, 'b/a/deep'))).toBe(true);
    expect(server.failed).toEqual([]);
  });

  test('an unlinked file stays readable and writable through its fid', async () => {
    const { client } = await serving();
    const fid = await client.create('grants/work/a');
    await client.write(fid, 0, 'still here');
    await client.unlink('grants/work/a');
    expect(String(await client.read(fid, 0, 100))).toBe('still here');
    await client.setattr(fid, SET.size, { size: 5 });
    expect(await client.getattr(fid)).toMatchObject({ size: 5, nlink: 0 });
    expect(await client.names('grants/work')).toEqual([]);
  });

  test('hard links share content and number', async () => {
    const { client, work } = await serving();
    await client.writeFile('grants/work/a', 'x');
    await client.link('grants/work/a', 'grants/work/b');
    const [a, b] = [await client.stat('grants/work/a'), await client.stat('grants/work/b')];
    expect(a.ino).toBe(b.ino);
    expect(b.nlink).toBe(2);
    fs.writeFileSync(join(work, 'b'), 'y');
    expect(String(await client.readFile('grants/work/a'))).toBe('y');
    await expect(client.link('grants/work/a', 'grants/work/b')).rejects.toEqual(refused(EEXIST));
  });

  test('symbolic links hold what was asked for, dangling or not, and are removed themselves', async () => {
    const { client, work } = await serving();
    for (const [name, target] of [
      ['rel', '../x/y'],
      ['abs', '/etc/passwd'],
      ['odd', 'a\nb é'],
    ] as const) {
      await client.symlink(`grants/work/${name}`, target);
      expect(fs.readlinkSync(join(work, name))).toBe(target);
      expect(Buffer.from(await client.readlink(`grants/work/${name}`), 'latin1').toString()).toBe(target);
      const stat = await client.stat(`grants/work/${name}`);
      expect([stat.mode & 0o170000, stat.qidType]).toEqual([0o120000, 2]);
    }
    await client.unlink('grants/work/abs');
    expect(fs.existsSync('/etc/passwd')).toBe(true);
    await expect(client.symlink('grants/work/rel', 'again')).rejects.toEqual(refused(EEXIST));
    await expect(client.symlink('grants/work/empty', '')).rejects.toEqual(refused(ENOENT));
    await expect(client.symlink('grants/work/nul', 'a\0b')).rejects.toEqual(refused(EINVAL));
  });

  test('directories are removed when empty only, and by the right call only', async () => {
    const { client } = await serving();
    await client.mkdir('grants/work/d');
    await client.writeFile('grants/work/d/f', '');
    await expect(client.rmdir('grants/work/d')).rejects.toEqual(refused(ENOTEMPTY));
    await expect(client.unlink('grants/work/d')).rejects.toEqual(refused(EISDIR));
    await expect(client.rmdir('grants/work/d/f')).rejects.toEqual(refused(ENOTDIR));
    await client.unlink('grants/work/d/f');
    await client.rmdir('grants/work/d');
    expect(await client.names('grants/work')).toEqual([]);
  });

  test('names that are not UTF-8 come and go as they are', async () => {
    const { client, work } = await serving();
    const raw = Buffer.from([0x66, 0xff, 0xfe, 0x20, 0xc3]);
    fs.writeFileSync(Buffer.concat([Buffer.from(`${work}/`), raw]), 'odd');
    const top = await client.walk('grants/work');
    await client.request(T.walk, u32(top), u32(500), u16(1), text(raw));
    await client.lopen(500, O.rdonly);
    expect(String(await client.read(500, 0, 9))).toBe('odd');
    await client.request(T.mkdir, u32(top), text(Buffer.from([0xfe])), u32(0o700), u32(0));
    const names = fs.readdirSync(work, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    expect(names.sort()).toEqual(['f\xff\xfe \xc3', '\xfe']);
  });

  test('only regular files are made by mknod; no device, FIFO or socket', async () => {
    const { client, work } = await serving();
    const top = await client.walk('grants/work');
    const mknod = (name: string, mode: number) =>
      client.request(T.mknod, u32(top), text(name), u32(mode), u32(1), u32(3), u32(0));
    for (const kind of [0o020000, 0o060000, 0o010000, 0o140000]) {
      await expect(mknod('x', kind | 0o666)).rejects.toEqual(refused(EPERM));
    }
    await mknod('plain', 0o100600);
    expect(fs.readdirSync(work)).toEqual(['plain']);
  });

  test('FIFOs and sockets of the host are seen and never opened', async () => {
    const { client, work } = await serving();
    execFileSync('mkfifo', [join(work, 'fifo')]);
    expect((await client.stat('grants/work/fifo')).mode & 0o170000).toBe(0o010000);
    await expect(client.open('grants/work/fifo')).rejects.toEqual(refused(ENXIO));
    await expect(client.create('grants/work/fifo', O.wronly | O.creat)).rejects.toEqual(refused(ENXIO));
    await client.symlink('grants/work/l', 'x');
    await expect(client.create('grants/work/l', O.wronly | O.creat)).rejects.toEqual(refused(ELOOP));
    await client.unlink('grants/work/fifo');
  });
});

describe('directories', () => {
  test('10,000 entries are listed once each, in messages of any size, with numbers and types', async () => {
    const { client, work } = await serving();
    for (let i = 0; i < 10_000; i++) fs.writeFileSync(join(work, `file-${i}`), '');
    fs.mkdirSync(join(work, 'sub'));
    const whole = await client.readdir('grants/work');
    expect(whole).toHaveLength(10_003);
    expect(new Set(whole.map(({ name }) => name)).size).toBe(10_003);
    expect(whole.find(({ name }) => name === 'sub')?.type).toBe(4);
    const one = whole.find(({ name }) => name === 'file-77');
    expect([one?.type, one?.ino]).toEqual([8, (await client.stat('grants/work/file-77')).ino]);
    expect((await client.readdir('grants/work', 4000)).map(({ name }) => name)).toEqual(
      whole.map(({ name }) => name),
    );
  });

  test('offsets stay true while entries come and go', async () => {
    const { client, work } = await serving();
    for (let i = 0; i < 500; i++) fs.writeFileSync(join(work, `file-${i}`), '');
    const fid = await client.open('grants/work');
    const first = await client.readdirAt(fid, 0n, 4000);
    for (const { name } of first) if (name.startsWith('file-')) fs.unlinkSync(join(work, name));
    fs.writeFileSync(join(work, 'late'), '');
    const seen = first.map(({ name }) => name);
    for (let offset = first.at(-1)?.offset ?? 0n; ; ) {
      const some = await client.readdirAt(fid, offset, 4000);
      if (some.length === 0) break;
      seen.push(...some.map(({ name }) => name));
      offset = some.at(-1)?.offset ?? 0n;
    }
    expect(seen.filter((name) => name.startsWith('file-')).length).toBe(500);
    expect(new Set(seen).size).toBe(seen.length);
    const again = await client.readdirAt(fid, 0n);
    expect(again.map(({ name }) => name)).toContain('late');
    await expect(client.readdirAt(fid, 0n, 10)).rejects.toEqual(refused(EINVAL));
  });

  test('the top of the tree is listed, walked and cannot be changed', async () => {
    const { client } = await serving();
    expect(await client.names('')).toEqual(['grants', 'memory', 'plugins']);
    expect(await client.names('grants')).toEqual(['look', 'other', 'work']);
    for (const path of ['x', 'grants/x']) {
      await expect(client.mkdir(path)).rejects.toEqual(refused(EPERM));
      await expect(client.create(path)).rejects.toEqual(refused(EPERM));
      await expect(client.symlink(path, 'y')).rejects.toEqual(refused(EPERM));
    }
    await expect(client.rmdir('grants/work')).rejects.toEqual(refused(EPERM));
    await expect(client.rename('grants/work', 'grants/mine')).rejects.toEqual(refused(EPERM));
    await expect(client.rename('memory', 'grants/memory')).rejects.toEqual(refused(EPERM));
    await client.writeFile('memory/note', 'remember');
    expect(String(await client.readFile('memory/note'))).toBe('remember');
  });
});

describe('coherence with the host', () => {
  test('a file saved by rename is read anew, and an open one stays what it was', async () => {
    const { client, work } = await serving();
    fs.writeFileSync(join(work, 'a'), 'old');
    const open = await client.open('grants/work/a');
    fs.writeFileSync(join(work, 'a.tmp'), 'a longer text');
    fs.renameSync(join(work, 'a.tmp'), join(work, 'a'));
    expect(String(await client.readFile('grants/work/a'))).toBe('a longer text');
    expect((await client.stat('grants/work/a')).size).toBe(13);
    expect(String(await client.read(open, 0, 99))).toBe('old');
  });

  test('a file that grows over 64 KiB and more is read to its present end', async () => {
    const { client, work } = await serving();
    const open = await client.create('grants/work/log');
    let expected = '';
    for (let i = 0; i < 40; i++) {
      const line = String(i).repeat(5000);
      fs.appendFileSync(join(work, 'log'), line);
      expected += line;
      expect((await client.getattr(open)).size).toBe(expected.length);
      expect(String(await client.readFile('grants/work/log'))).toBe(expected);
    }
  });

  test('a directory replaced by another one is walked anew', async () => {
    const { client, work } = await serving();
    fs.mkdirSync(join(work, 'd'));
    fs.writeFileSync(join(work, 'd/old'), '');
    const held = await client.walk('grants/work/d');
    fs.renameSync(join(work, 'd'), join(work, 'gone'));
    fs.mkdirSync(join(work, 'd'));
    fs.writeFileSync(join(work, 'd/new'), '');
    expect(await client.names('grants/work/d')).toEqual(['new']);
    await client.lopen(held, O.rdonly);
    expect((await client.readdirAt(held, 0n)).map(({ name }) => name)).toContain('old');
  });
});
