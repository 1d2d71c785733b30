import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDeletionGuard } from '../../src/files/changes/deletion-guard.ts';
import { recordedPolicy } from '../../src/files/changes/recorded-policy.ts';
import { createRecorder } from '../../src/files/changes/recorder.ts';
import { loadIds } from '../../src/store/ids.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { Client, frame, O, T, text, u8, u16, u32, u64 } from './client.ts';
import { refused, type Serving, serving } from './serving.ts';
import { snapshot } from './steps.ts';

const [EBADF, EBUSY, EINVAL, EMFILE] = [9, 16, 22, 24];
const descriptors = (): number => fs.readdirSync('/proc/self/fd').length;

describe('frames', () => {
  const version = frame(T.version, 0xffff, u32(8192), text('9P2000.L'));
  const violations: [string, Buffer][] = [
    ['a frame shorter than its header', u32(6)],
    ['a frame of size 0', u32(0)],
    ['a frame larger than was agreed', Buffer.concat([u32(8193), u8(T.write), u16(1)])],
    ['a frame of 4 GiB', Buffer.concat([u32(0xffffffff), u8(T.write), u16(1)])],
    ['a frame cut short inside its fields', frame(T.walk, 1, u32(0), u32(1))],
    ['a frame with more than its fields', frame(T.clunk, 1, u32(0), u32(0))],
    ['a string longer than its frame', frame(T.walk, 1, u32(0), u32(1), u16(1), u16(60_000))],
    ['a write that announces more than it holds', frame(T.write, 1, u32(0), u64(0), u32(0xffffffff))],
    ['a walk of 17 names', frame(T.walk, 1, u32(0), u32(1), u16(17), ...Array(17).fill(text('a')))],
    ['an answer instead of a request', frame(T.walk + 1, 1)],
    ['a type that does not exist', frame(200, 1)],
    ['a version with tiny messages', frame(T.version, 0xffff, u32(100), text('9P2000.L'))],
  ];

  test.each(violations)('%s ends this stream and no other', async (_, bytes) => {
    const { client, dial, events } = await serving();
    const { socket, served } = await dial();
    socket.on('error', () => {});
    socket.write(Buffer.concat([version, bytes]));
    await served;
    await eventually('the stream to end', () => socket.resume().closed);
    expect(events.filter(({ type }) => type === 'violation')).toHaveLength(1);
    expect(await client.names('')).toEqual(['grants', 'memory', 'plugins']);
  });

  test('a request before the version is agreed ends the stream', async () => {
    const { dial } = await serving();
    const { socket, served } = await dial();
    socket.write(frame(T.attach, 1, u32(0), u32(0xffffffff), text(''), text(''), u32(0)));
    await served;
  });

  test('requests may arrive byte by byte or many at once', async () => {
    const { dial } = await serving();
    const { socket } = await dial();
    const answers: Buffer[] = [];
    socket.on('data', (chunk) => answers.push(chunk));
    for (const byte of version) socket.write(Buffer.from([byte]));
    const attach = frame(T.attach, 1, u32(0), u32(0xffffffff), text(''), text(''), u32(0));
    const many = Array.from({ length: 500 }, (_, i) => frame(T.walk, i + 2, u32(0), u32(i + 1), u16(0)));
    socket.write(Buffer.concat([attach, ...many]));
    const expected = 21 + 20 + 500 * 9;
    await eventually('all answers', () => Buffer.concat(answers).length === expected);
  });

  test('another protocol is answered with "unknown"', async () => {
    const { dial } = await serving();
    const client = Client.raw((await dial()).socket);
    expect(await client.version(8192, '9P2000.u')).toBe('unknown');
  });

  test('a new version gives all fids back', async () => {
    const { client } = await serving();
    const fid = await client.create('grants/work/a');
    await client.version(8192);
    await expect(client.read(fid, 0, 1)).rejects.toEqual(refused(EBADF));
    await expect(client.request(T.getattr, u32(0), u64(0))).rejects.toEqual(refused(EBADF));
  });

  test('a fid that is taken, unknown or no fid is refused, and a tag in use as well', async () => {
    const { client, work } = await serving();
    const fid = await client.walk('grants/work');
    await expect(client.request(T.walk, u32(0), u32(fid), u16(0))).rejects.toEqual(refused(EINVAL));
    await expect(client.request(T.walk, u32(0), u32(0xffffffff), u16(0))).rejects.toEqual(refused(EINVAL));
    await expect(client.request(T.walk, u32(777), u32(778), u16(0))).rejects.toEqual(refused(EBADF));
    await expect(client.clunk(777)).rejects.toEqual(refused(EBADF));
    await client.lopen(fid, O.rdonly);
    await expect(client.lopen(fid, O.rdonly)).rejects.toEqual(refused(EINVAL));
    fs.writeFileSync(join(work, 'a'), 'x');
    const file = await client.open('grants/work/a');
    const second = client.send(5, T.read, u32(file), u64(0), u32(1)).catch(() => {});
    await expect(client.send(5, T.read, u32(file), u64(0), u32(1))).rejects.toEqual(refused(EBUSY));
    void second;
  });

  test('a flush is answered after the request that it flushes', async () => {
    const { client, dial } = await serving();
    await client.writeFile('grants/work/a', 'x'.repeat(100_000));
    const { socket } = await dial();
    const other = await Client.connect(socket);
    const fid = await other.open('grants/work/a');
    const order: string[] = [];
    const read = other.send(70, T.read, u32(fid), u64(0), u32(100_000)).then(() => order.push('read'));
    const flush = other.send(71, T.flush, u16(70)).then(() => order.push('flush'));
    const idle = other.send(72, T.flush, u16(4000));
    await Promise.all([read, flush, idle]);
    expect(order).toEqual(['read', 'flush']);
  });

  test('writes to one file happen in the order in which they came', async () => {
    const { client, work } = await serving();
    const fid = await client.create('grants/work/a');
    const writes = Array.from({ length: 200 }, (_, i) => client.write(fid, 0, String(i).padStart(4)));
    await Promise.all([...writes, client.clunk(fid)]);
    expect(fs.readFileSync(join(work, 'a'), 'utf8')).toBe(' 199');
  });
});

describe('limits', () => {
  test('fids are bounded, and files and memory are given back when the stream ends', async () => {
    const { dial, client, work } = await serving();
    fs.writeFileSync(join(work, 'a'), '');
    await client.stat('grants/work/a');
    const before = descriptors();
    const { socket, served } = await dial();
    const greedy = await Client.connect(socket);
    const walks = Array.from({ length: 10_100 }, (_, i) =>
      greedy.request(T.walk, u32(0), u32(i + 1), u16(3), text('grants'), text('work'), text('a')).then(
        () => 0,
        (error) => error.errno,
      ),
    );
    const results = await Promise.all(walks);
    expect(results.filter((errno) => errno === EMFILE)).toHaveLength(101);
    expect(descriptors()).toBeLessThan(before + 10);
    socket.destroy();
    await served;
    await eventually('all descriptors to be closed', () => descriptors() <= before);
  });

  test('descriptors are bounded too', async () => {
    const { client } = await serving();
    const before = descriptors();
    let errno = 0;
    for (let i = 0; errno === 0 && i < 10_000; i++) {
      await client.create(`grants/work/${i}`, O.rdwr | O.creat).catch((error) => {
        errno = error.errno;
      });
    }
    expect(errno).toBe(23);
    expect(descriptors() - before).toBeLessThan(10_001);
    expect(String(await client.readFile('grants/work/0').catch((error) => error.errno))).toBe('23');
  });

  test('a client that never reads its answers stops being served, not the host', async () => {
    const { dial, client } = await serving();
    await client.writeFile('grants/work/big', Buffer.alloc(1 << 20));
    const { socket } = await dial();
    const greedy = await Client.connect(socket);
    const fid = await greedy.open('grants/work/big');
    socket.pause();
    const before = process.memoryUsage.rss();
    for (let tag = 1; tag < 5000; tag++) {
      socket.write(frame(T.read, tag, u32(fid), u64(0), u32(262_144)));
    }
    for (let i = 0; i < 200; i++) await client.stat('grants/work/big');
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20);
  });
});

describe('fuzz', () => {
  const name = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('a', 'b', 'd', 'e', 'link', 'up', 'f'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '.', '..', '/', '../outside', 'a/b', 'a\0', 'x'.repeat(300)),
    },
  );
  const fid = fc.integer({ min: 0, max: 9 }).map(u32);
  const word = fc
    .oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(0o644, 0o102102, 0xffffffff, 262_144))
    .map(u32);
  const long = fc.constantFrom(0n, 1n, 100n, 70_000n, 1n << 40n, (1n << 63n) - 1n, (1n << 64n) - 1n).map(u64);
  const names = name.map(text);
  const fields = (type: number, ...parts: fc.Arbitrary<Buffer>[]) =>
    fc.tuple(fc.integer({ min: 0, max: 40 }), ...parts).map(([tag, ...rest]) => frame(type, tag, ...rest));
  const walk = fc
    .tuple(fid, fid, fc.array(names, { maxLength: 4 }))
    .map(([from, to, path]) => frame(T.walk, 1, from, to, u16(path.length), ...path));
  const wellFormed = fc.oneof(
    { weight: 8, arbitrary: walk },
    fields(T.attach, fid, fc.constant(u32(0xffffffff)), names, fc.constant(text('')), word),
    fields(T.lopen, fid, word),
    fields(T.lcreate, fid, names, word, word, word),
    fields(T.symlink, fid, names, fc.constantFrom('/', '..', '../outside', '/etc').map(text), word),
    fields(T.mknod, fid, names, word, word, word, word),
    fields(T.rename, fid, fid, names),
    fields(T.readlink, fid),
    fields(T.getattr, fid, long),
    fields(
      T.setattr,
      fid,
      word,
      word,
      word,
      word,
      fc.constantFrom(0n, 9n, 70_000n, (1n << 64n) - 1n).map(u64),
      long,
      long,
      long,
      long,
    ),
    fields(T.xattrwalk, fid, fid, names),
    fields(T.readdir, fid, long, word),
    fields(T.fsync, fid, word),
    fields(T.lock, fid, fc.integer({ min: 0, max: 3 }).map(u8), word, long, long, word, names),
    fields(T.getlock, fid, fc.integer({ min: 0, max: 3 }).map(u8), long, long, word, names),
    fields(T.link, fid, fid, names),
    fields(T.mkdir, fid, names, word, word),
    fields(T.renameat, fid, names, fid, names),
    fields(T.unlinkat, fid, names, word),
    fields(T.flush, fc.integer({ min: 0, max: 40 }).map(u16)),
    fields(T.read, fid, long, word),
    fc
      .tuple(fid, fc.constantFrom(0n, 50n, 70_000n).map(u64))
      .map(([to, at]) => frame(T.write, 2, to, at, u32(3), Buffer.from('abc'))),
    fields(T.statfs, fid),
    fields(T.clunk, fid),
    fields(T.remove, fid),
  );
  const malformed = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }))
    .map(([type, bytes]) => frame(type, 3, Buffer.from(bytes)));

  /** Fids that most of what follows can work on: the grant is 1. */
  const FURNITURE = [['f'], ['d'], ['d', 'e'], ['up'], [], [], ['d']].map((path, i) =>
    frame(T.walk, i + 2, u32(1), u32(i + 2), u16(path.length), ...path.map((name) => text(name))),
  );

  /** Sends one batch of frames over a connection of its own and waits until they are answered or the stream is ended. */
  async function throwAt({ dial }: Serving, frames: readonly Buffer[], grant = 'work'): Promise<void> {
    const { socket, served } = await dial();
    const client = await Client.connect(socket);
    const walked = client.request(T.walk, u32(0), u32(1), u16(2), text('grants'), text(grant));
    socket.write(Buffer.concat([...FURNITURE, ...frames]));
    const last = client.send(0x7000, T.flush, u16(0x6fff)).catch(() => {});
    await Promise.allSettled([walked, last]);
    socket.destroy();
    await served;
  }

  const MODES = ['ro', 'rw', 'keep', 'review'] as const;

  /** A server with a grant of each mode, all alike: what is there, a link out of it, and a secret that is not granted. */
  async function prepared() {
    const folder = await temporaryFolder();
    const checkpoints = join(folder, 'checkpoints');
    fs.mkdirSync(checkpoints);
    const ids = await loadIds();
    const staging = { folder: join(checkpoints, 'staged'), writer: 'ada', incarnation: 1, ids };
    const recorder = createRecorder({ checkpoints, writer: 'ada', incarnation: 1, ids });
    const guard = createDeletionGuard({ writer: 'ada', onStop: () => {} });
    const grants = MODES.map((mode) => ({ name: mode, root: join(folder, mode), mode, staging }));
    for (const { root } of grants) {
      fs.mkdirSync(join(root, 'd'), { recursive: true });
      fs.writeFileSync(join(root, 'f'), 'text');
      fs.writeFileSync(join(root, 'd/e'), 'deep');
      fs.symlinkSync('../outside', join(root, 'up'));
    }
    fs.mkdirSync(join(folder, 'outside'));
    fs.writeFileSync(join(folder, 'outside', 'secret'), 'secret');
    const here = await serving(grants, (grant) => recordedPolicy(grant, recorder, guard));
    const untouched = () => ['ro', 'review', 'outside'].map((name) => snapshot(join(folder, name)));
    return { ...here, untouched, folder, before: untouched() };
  }

  const CASES = process.env.COWORK_SOAK ? 100_000 : 30_000;

  test('30,000 frames in any order, in grants of every mode, never crash, hang or leave the grants', {
    timeout: 120_000 + CASES * 10,
  }, async () => {
    const here = await prepared();
    const [open, memory] = [descriptors(), process.memoryUsage.rss()];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...MODES),
        fc.array(wellFormed, { minLength: 100, maxLength: 100 }),
        (grant, frames) => throwAt(here, frames, grant),
      ),
      { numRuns: CASES / 100 },
    );
    expect(here.events.filter(({ type }) => type === 'fault' || type === 'violation')).toEqual([]);
    const changed = new Set(
      here.events.map((event) => event.type === 'changed' && `${event.grant} ${event.kind}`),
    );
    expect(changed.size).toBeGreaterThan(12); // or it would throw at nothing
    expect(here.untouched()).toEqual(here.before);
    expect(fs.readdirSync(here.folder).sort()).toEqual(['checkpoints', ...[...MODES, 'outside'].sort()]);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(300 << 20);
    await eventually('all descriptors to be closed', () => descriptors() <= open);
    expect(await here.client.names('grants')).toEqual(['look', 'other', 'work', ...MODES].sort());
  });

  test('garbage ends its own stream only', { timeout: 60_000 }, async () => {
    const here = await prepared();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(malformed, wellFormed), { minLength: 1, maxLength: 20 }), (frames) =>
        throwAt(here, frames, 'rw'),
      ),
      { numRuns: 500 },
    );
    expect(here.events.filter(({ type }) => type === 'fault')).toEqual([]);
    expect(here.untouched()).toEqual(here.before);
    expect(await here.client.names('grants')).toHaveLength(7);
  });
});
