import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Client, O, SET } from './client.ts';
import { reviewed, view } from './reviewed.ts';
import { ROOT, snapshot } from './steps.ts';

async function deskWith(files: Record<string, string>) {
  const desk = await reviewed();
  const at = (name: string) => join(desk.work, name);
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(join(at(name), '..'), { recursive: true });
    fs.writeFileSync(at(name), text);
  }
  const read = (name: string) => fs.readFileSync(at(name), 'utf8');
  return { ...desk, at, read };
}

/** Names of all files below `checkpoints/` of one writer, with their content. */
const kept = (folder: string): string[] =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => fs.readFileSync(join(parentPath, name), 'utf8'))
    : [];

test('an edit of the user since the agent began is a conflict: shown, never overwritten, unless forced, and then kept', async () => {
  const desk = await deskWith({ a: 'one', b: 'two', 'd/x': 'three', e: 'four' });
  const { client } = await desk.agent('ada');
  await client.writeFile(`${ROOT}/a`, 'ada');
  await client.unlink(`${ROOT}/b`);
  await client.unlink(`${ROOT}/d/x`);
  await client.rmdir(`${ROOT}/d`);
  await client.writeFile(`${ROOT}/new`, 'ada');
  await client.writeFile(`${ROOT}/e`, 'ada');
  fs.writeFileSync(desk.at('a'), 'mine');
  fs.writeFileSync(desk.at('b'), 'mine');
  fs.writeFileSync(desk.at('d/y'), 'mine');
  fs.writeFileSync(desk.at('new'), 'mine');
  const before = snapshot(desk.work);
  const outcome = await desk.apply();
  expect('conflicts' in outcome && outcome.conflicts.map(({ path }) => path).sort()).toEqual([
    'a',
    'b',
    'd/y',
    'new',
  ]);
  expect(snapshot(desk.work)).toEqual(before);
  const shown = await desk.staged();
  expect(shown.find(({ path }) => path === 'a')?.conflict).toContain('changed outside');
  expect(await desk.apply({ path: 'e' })).toMatchObject({ landed: [{ path: 'e', change: 'modified' }] });
  expect([desk.read('e'), desk.read('a')]).toEqual(['ada', 'mine']);
  expect(await desk.apply({ force: true })).toMatchObject({ stuck: [] });
  expect([
    desk.read('a'),
    desk.read('new'),
    fs.existsSync(desk.at('b')),
    fs.existsSync(desk.at('d')),
  ]).toEqual([...['ada', 'ada'], ...[false, false]]);
  expect(kept(join(desk.checkpoints, 'ada')).filter((text) => text === 'mine')).toHaveLength(4);
});

test('a file that is long and holds little is staged and lands as such', async () => {
  const desk = await deskWith({ long: 'one' });
  const length = 2 ** 40;
  fs.truncateSync(desk.at('long'), length);
  const { client } = await desk.agent('ada');
  const fid = await client.open(`${ROOT}/long`, O.wronly);
  await client.write(fid, 0, Buffer.from('ada'));
  await client.clunk(fid);
  expect(await desk.apply()).toMatchObject({ landed: [{ path: 'long', change: 'modified' }] });
  expect(fs.statSync(desk.at('long'))).toMatchObject({ size: length });
  expect(fs.statSync(desk.at('long')).blocks * 512).toBeLessThan(1 << 20);
});

test('agents do not see what others have staged, land one by one, and two at one place are a conflict', async () => {
  const desk = await deskWith({ a: 'one', b: 'two' });
  const [ada, ben] = [(await desk.agent('ada')).client, (await desk.agent('ben')).client];
  await ada.writeFile(`${ROOT}/a`, 'ada');
  await ben.writeFile(`${ROOT}/a`, 'ben');
  await ben.writeFile(`${ROOT}/b`, 'ben');
  expect(String(await ada.readFile(`${ROOT}/b`))).toBe('two');
  expect(await desk.apply()).toEqual({
    conflicts: [{ path: 'a', reason: 'ada and ben have both changed it' }],
  });
  expect(await desk.apply({ agent: 'ada' })).toMatchObject({ landed: [{ path: 'a', agent: 'ada' }] });
  expect(String(await ben.readFile(`${ROOT}/a`))).toBe('ben');
  expect(await desk.apply({ agent: 'ben' })).toMatchObject({ conflicts: [{ path: 'a' }] });
  expect(await desk.apply({ path: 'b' })).toMatchObject({ landed: [{ path: 'b', agent: 'ben' }] });
  expect([desk.read('a'), desk.read('b')]).toEqual(['ada', 'ben']);
  expect(String(await ada.readFile(`${ROOT}/b`))).toBe('ben');
});

test('once applied, the agent sees the folder itself again; what it has open for writing meanwhile is not lost', async () => {
  const desk = await deskWith({ a: 'one', b: 'two' });
  const { client } = await desk.agent('ada');
  await client.writeFile(`${ROOT}/a`, 'ada');
  const fid = await client.open(`${ROOT}/b`, O.wronly);
  await client.write(fid, 0, 'TWO');
  await desk.apply();
  expect([desk.read('a'), desk.read('b')]).toEqual(['ada', 'TWO']);
  fs.writeFileSync(desk.at('a'), 'mine, after that');
  expect(String(await client.readFile(`${ROOT}/a`))).toBe('mine, after that');
  await client.write(fid, 0, 'two again');
  await client.clunk(fid);
  expect(String(await client.readFile(`${ROOT}/b`))).toBe('two again');
  expect(await desk.staged()).toMatchObject([{ path: 'b', change: 'modified', conflict: undefined }]);
  await desk.apply();
  expect(desk.read('b')).toBe('two again');
});

test('what the agent reads before and after its first write through one open file is the same file', async () => {
  const desk = await deskWith({ a: 'one' });
  const { client } = await desk.agent('ada');
  const fid = await client.open(`${ROOT}/a`);
  expect(String(await client.read(fid, 0, 10))).toBe('one');
  await client.writeFile(`${ROOT}/a`, 'ada');
  expect(String(await client.read(fid, 0, 10))).toBe('ada');
});

test('a file and a folder keep their numbers when the agent changes them, renames them, and after a restart', async () => {
  const desk = await deskWith({ a: 'one', 'd/b': 'two' });
  const first = await desk.agent('ada');
  const number = async (client: Client, path: string) => (await client.stat(`${ROOT}/${path}`)).ino;
  const [a, d] = [await number(first.client, 'a'), await number(first.client, 'd')];
  // git clone looks whether the link that it made is the file that it saw.
  await first.client.link(`${ROOT}/a`, `${ROOT}/d/link`);
  await first.client.writeFile(`${ROOT}/a`, 'ada');
  expect([
    await number(first.client, 'a'),
    await number(first.client, 'd/link'),
    await number(first.client, 'd'),
  ]).toEqual([a, a, d]);
  await first.client.rename(`${ROOT}/d`, `${ROOT}/e`);
  await first.end();
  const { client } = await desk.agent('ada');
  expect([await number(client, 'a'), await number(client, 'e/link'), await number(client, 'e')]).toEqual([
    a,
    a,
    d,
  ]);
});

test('undo takes back what is staged, keeps it aside, and the agent sees the folder as it is; also by path and agent', async () => {
  const desk = await deskWith({ a: 'one', 'd/b': 'two', 'd/c': 'three' });
  const [ada, ben] = [(await desk.agent('ada')).client, (await desk.agent('ben')).client];
  await ada.writeFile(`${ROOT}/a`, 'ada');
  await ada.writeFile(`${ROOT}/d/b`, 'ada');
  await ada.unlink(`${ROOT}/d/c`);
  await ben.writeFile(`${ROOT}/a`, 'ben');
  await desk.undo({ path: 'd' });
  expect([String(await ada.readFile(`${ROOT}/d/b`)), await ada.names(`${ROOT}/d`)]).toEqual([
    'two',
    ['b', 'c'],
  ]);
  await desk.undo({ agent: 'ben' });
  expect(String(await ben.readFile(`${ROOT}/a`))).toBe('one');
  expect(await desk.staged()).toMatchObject([{ path: 'a', agent: 'ada' }]);
  await desk.undo();
  expect(await desk.staged()).toEqual([]);
  expect(kept(join(desk.checkpoints, 'user')).sort()).toEqual(['ada', 'ada', 'ben']);
  await ada.writeFile(`${ROOT}/a`, 'ada again');
  expect(await desk.apply()).toMatchObject({ landed: [{ path: 'a' }] });
});

test('rights of files, folders and of the grant itself land, and nothing else does for them', async () => {
  const desk = await deskWith({ a: 'one', 'd/b': 'two' });
  const { client } = await desk.agent('ada');
  for (const [path, mode] of [
    ['a', 0o600],
    ['d', 0o711],
    ['', 0o750],
  ] as const)
    await client.with(`${ROOT}/${path}`, (fid) => client.setattr(fid, SET.mode, { mode }));
  expect((await desk.staged()).map(({ path, change }) => [path, change]).sort()).toEqual([
    ['', 'attributes'],
    ['a', 'attributes'],
    ['d', 'attributes'],
  ]);
  await desk.apply();
  const mode = (path: string) => (fs.statSync(desk.at(path)).mode & 0o7777).toString(8);
  expect(['a', 'd', ''].map(mode)).toEqual(['600', '711', '750']);
  expect(await desk.staged()).toEqual([]);
});

test('neither apply nor undo follows a link, whether the user has put it into the folder or the agent among its own files', async () => {
  const desk = await deskWith({ 'd/a': 'one', 'e/a': 'one' });
  const outside = join(desk.folder, 'outside');
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, 'a'), 'secret');
  const { client } = await desk.agent('ada');
  await client.writeFile(`${ROOT}/d/a`, 'ada');
  await client.writeFile(`${ROOT}/e/new`, 'ada');
  await client.symlink(`${ROOT}/way`, outside);
  await expect(client.readFile(`${ROOT}/way/a`)).rejects.toThrow();
  fs.renameSync(desk.at('d'), join(desk.folder, 'old'));
  fs.symlinkSync(outside, desk.at('d'));
  const outcome = await desk.apply({ force: true });
  expect('stuck' in outcome).toBe(true);
  expect(fs.readdirSync(outside)).toEqual(['a']);
  expect(fs.readFileSync(join(outside, 'a'), 'utf8')).toBe('secret');
  expect(fs.readlinkSync(desk.at('way'))).toBe(outside);
  // Somebody who could write into the staging folder gains nothing either.
  const files = join(desk.staging('ada'), 'files');
  fs.rmSync(join(files, 'e'), { recursive: true });
  fs.symlinkSync(outside, join(files, 'e'));
  await desk.apply({ path: 'e/a', force: true });
  await desk.undo({ path: 'e/a', force: true });
  for (const name of ['ada', 'user']) expect(kept(join(desk.checkpoints, name))).not.toContain('secret');
  expect(fs.readFileSync(join(outside, 'a'), 'utf8')).toBe('secret');
});

test('a grant whose staging folder can not be made is named with its reason, and the others work', async () => {
  const desk = await deskWith({ a: 'one' });
  fs.writeFileSync(join(desk.checkpoints, '_staged'), 'in the way');
  const { client, server } = await desk.agent('ada');
  expect(server.failed).toEqual([{ name: 'work', reason: expect.stringContaining('staging folder') }]);
  expect(await client.names('grants')).toEqual([]);
});

/** A process of its own, started with the fixture; gone when the test ends. */
async function start(...args: string[]): Promise<ChildProcess> {
  const program = join(import.meta.dirname, 'fixtures', 'review-server.ts');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', resolve));

test('a server that is killed at any moment loses nothing that it has answered, and an apply that is killed is finished by the next', {
  timeout: 120_000,
}, async () => {
  const desk = await deskWith(
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`d${i % 4}/f${i}`, `${i}`])),
  );
  const expected = fs.mkdtempSync(join(desk.folder, 'local-'));
  fs.cpSync(desk.work, expected, { recursive: true });
  for (let round = 0; round < 2; round++) {
    const socket = join(desk.folder, `k${round}`);
    const server = await start(desk.work, desk.staging('ada'), socket);
    const client = await Client.connect(connect(socket));
    for (let i = round; i < 40; i += 3) {
      const name = `d${i % 4}/f${i}`;
      if (i % 3 === 0) {
        await client.writeFile(`${ROOT}/${name}`, `ada ${i}`);
        fs.writeFileSync(join(expected, name), `ada ${i}`);
      } else if (i % 3 === 1) {
        await client.unlink(`${ROOT}/${name}`);
        fs.unlinkSync(join(expected, name));
      } else {
        await client.rename(`${ROOT}/${name}`, `${ROOT}/${name}.moved`);
        fs.renameSync(join(expected, name), join(expected, `${name}.moved`));
      }
    }
    // What is under way when it is killed may be done or not; it is not answered.
    const late = client.writeFile(`${ROOT}/late${round}`, 'x'.repeat(1_000_000)).catch(() => {});
    server.kill('SIGKILL');
    await Promise.all([late, ended(server)]);
  }
  const { client } = await desk.agent('ada');
  for (const name of await client.names(ROOT))
    if (name.startsWith('late')) await client.unlink(`${ROOT}/${name}`);
  expect(await view(client)).toEqual(snapshot(expected).sort());
  for (const wait of [10, 50]) {
    const applying = await start(desk.work, desk.checkpoints, '-', 'apply');
    await delay(wait);
    applying.kill('SIGKILL');
    await ended(applying);
  }
  expect(await desk.apply()).toMatchObject({ stuck: [] });
  expect(snapshot(desk.work)).toEqual(snapshot(expected));
  expect(await desk.undo()).not.toHaveProperty('conflicts');
  expect(desk.read('d0/f0')).toBe('0');
});
