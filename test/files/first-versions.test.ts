import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diffContent } from '../../src/files/changes/text-diff.ts';
import { openAsPlace } from '../../src/files/host.ts';
import { O, SET } from './client.ts';
import { recorded } from './recorded.ts';
import { refused } from './serving.ts';

const EPERM = 1;
const at = (root: string, name: string) => join(root, name);

async function deskWith(files: Record<string, string>) {
  const desk = await recorded();
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(join(desk.work, name, '..'), { recursive: true });
    fs.writeFileSync(at(desk.work, name), text);
  }
  return desk;
}

/** Names of files below a folder of kept versions, with their content. */
const kept = (checkpoints: string, agent: string): string[] =>
  fs.existsSync(join(checkpoints, agent))
    ? fs
        .readdirSync(join(checkpoints, agent))
        .map((id) => fs.readFileSync(join(checkpoints, agent, id), 'utf8'))
    : [];

test('the first version of what each agent changes is kept once, and nothing of what it only reads or makes itself', async () => {
  const desk = await deskWith({ a: 'one', b: 'two', c: 'three' });
  const [ada, ben] = [await desk.agent('ada'), await desk.agent('ben')];
  await ada.client.readFile('grants/work/c');
  await ada.client.writeFile('grants/work/new', 'made');
  await ada.client.writeFile('grants/work/new', 'made again');
  for (const text of ['1', '2', '3']) await ada.client.writeFile('grants/work/a', text);
  await ben.client.writeFile('grants/work/a', '4');
  await ada.client.unlink('grants/work/b');
  expect(kept(desk.checkpoints, 'ada').sort()).toEqual(['one', 'two']);
  expect(kept(desk.checkpoints, 'ben')).toEqual(['3']);
  expect(desk.survey().map(({ path, change }) => [path, change])).toEqual([
    ['', 'attributes'],
    ['a', 'modified'],
    ['b', 'deleted'],
    ['new', 'created'],
  ]);
});

test('undo of one agent, of one path, and of all', async () => {
  const desk = await deskWith({ a: 'one', 'd/b': 'two', c: 'three' });
  const [ada, ben] = [await desk.agent('ada'), await desk.agent('ben')];
  await ada.client.writeFile('grants/work/a', 'ada');
  await ada.client.unlink('grants/work/d/b');
  await ada.client.rmdir('grants/work/d');
  await ben.client.writeFile('grants/work/c', 'ben');
  await desk.undo({ path: 'd' });
  expect(fs.readFileSync(at(desk.work, 'd/b'), 'utf8')).toBe('two');
  await desk.undo({ agent: 'ben' });
  expect(fs.readFileSync(at(desk.work, 'c'), 'utf8')).toBe('three');
  expect(fs.readFileSync(at(desk.work, 'a'), 'utf8')).toBe('ada');
  await desk.undo();
  expect(fs.readFileSync(at(desk.work, 'a'), 'utf8')).toBe('one');
  expect(kept(desk.checkpoints, 'user').sort()).toEqual(['ada', 'ben']);
});

test("what the host's user has edited is a conflict, named and left alone, unless forced; then it is kept", async () => {
  const desk = await deskWith({ a: 'one', b: 'two', c: 'three' });
  const { client } = await desk.agent('ada');
  await client.writeFile('grants/work/a', 'ada');
  await client.writeFile('grants/work/b', 'ada');
  await client.unlink('grants/work/c');
  fs.writeFileSync(at(desk.work, 'b'), 'mine, later');
  fs.writeFileSync(at(desk.work, 'c'), 'mine, new');
  const outcome = await desk.undo();
  expect('conflicts' in outcome && outcome.conflicts.map(({ path }) => path).sort()).toEqual(['b', 'c']);
  const now = () => ['a', 'b', 'c'].map((name) => fs.readFileSync(at(desk.work, name), 'utf8'));
  expect(now()).toEqual(['ada', 'mine, later', 'mine, new']);
  expect(await desk.undo({ path: 'a' })).toHaveProperty('undone');
  expect(await desk.undo({ path: 'b', force: true })).toHaveProperty('undone');
  expect(now()).toEqual(['one', 'two', 'mine, new']);
  expect(kept(desk.checkpoints, 'user')).toContain('mine, later');
});

test('an edit of the user between two edits of an agent is kept, too, and shown', async () => {
  const desk = await deskWith({ a: 'one' });
  const { client } = await desk.agent('ada');
  await client.writeFile('grants/work/a', 'ada');
  fs.writeFileSync(at(desk.work, 'a'), 'mine, in between');
  await client.writeFile('grants/work/a', 'ada again');
  expect(kept(desk.checkpoints, 'ada').sort()).toEqual(['mine, in between', 'one']);
  expect(desk.survey({ path: 'a' })).toMatchObject([
    { change: 'modified', conflict: expect.stringContaining('outside') },
  ]);
});

test('an atomic save by rename is a modification, with the first version kept', async () => {
  const desk = await deskWith({ a: 'one\ntwo\n' });
  const { client } = await desk.agent('ada', { mode: 'keep' });
  await client.writeFile('grants/work/.a.tmp', 'one\n2\n');
  await client.rename('grants/work/.a.tmp', 'grants/work/a');
  expect(kept(desk.checkpoints, 'ada')).toEqual(['one\ntwo\n']);
  await desk.undo();
  expect(fs.readFileSync(at(desk.work, 'a'), 'utf8')).toBe('one\ntwo\n');
});

test('a first version of a file that is long and holds little takes what it holds, and so does what undo puts back', async () => {
  const desk = await deskWith({ long: 'the beginning', longer: 'the beginning' });
  // What has a second name is put back byte by byte.
  fs.linkSync(at(desk.work, 'long'), at(desk.work, 'second'));
  const lengths = { long: 2 ** 26, longer: 2 ** 40 };
  const { client } = await desk.agent('ada');
  for (const [name, length] of Object.entries(lengths)) {
    fs.truncateSync(at(desk.work, name), length);
    const fid = await client.open(`grants/work/${name}`, O.wronly);
    await client.write(fid, 4, Buffer.from('agent'));
    await client.clunk(fid);
  }
  const folder = join(desk.checkpoints, 'ada');
  const files = fs.readdirSync(folder).map((id) => join(folder, id));
  expect(files).toHaveLength(2);
  await desk.undo();
  for (const file of [...files, ...Object.keys(lengths).map((name) => at(desk.work, name))]) {
    const { size, blocks } = fs.statSync(file);
    expect(Object.values(lengths)).toContain(size);
    expect(blocks * 512).toBeLessThan(2 << 20);
    const beginning = Buffer.alloc(13);
    const fd = fs.openSync(file, 'r');
    fs.readSync(fd, beginning, 0, 13, 0);
    fs.closeSync(fd);
    expect(String(beginning)).toBe('the beginning');
  }
});

test('keep lets nothing go that was there before, and lets agents work', async () => {
  const desk = await deskWith({ a: 'one', b: 'two', 'd/x': 'three' });
  fs.mkdirSync(at(desk.work, 'empty'));
  const { client } = await desk.agent('ada', { mode: 'keep' });
  const lost = [
    () => client.unlink('grants/work/a'),
    () => client.rmdir('grants/work/empty'),
    () => client.rename('grants/work/a', 'grants/work/b'),
    () => client.rename('grants/work/d/x', 'grants/work/a'),
    () => client.rename('grants/work/empty', 'grants/work/d'),
  ];
  await expect(lost[4]?.()).rejects.toThrow();
  for (const lose of lost.slice(0, 4)) await expect(lose()).rejects.toEqual(refused(EPERM));
  await client.writeFile('grants/work/tmp', 'mine');
  await client.unlink('grants/work/tmp');
  await client.writeFile('grants/work/a', 'edited');
  await client.mkdir('grants/work/2026');
  await client.rename('grants/work/d/x', 'grants/work/2026/x');
  await expect(client.unlink('grants/work/2026/x')).rejects.toEqual(refused(EPERM));
  await client.writeFile('grants/work/save', 'saved');
  await client.rename('grants/work/save', 'grants/work/b');
  await expect(client.unlink('grants/work/b')).rejects.toEqual(refused(EPERM));
  expect(kept(desk.checkpoints, 'ada').sort()).toEqual(['one', 'two']);
});

test('more than a fifth of a small grant, or 50 files of a large one, stops and asks, until it is answered', async () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `f${i}`);
  const small = await deskWith(Object.fromEntries(names(20).map((name) => [name, name])));
  const { client, guard, stops } = await small.agent('ada');
  for (const name of names(4)) await client.unlink(`grants/work/${name}`);
  await expect(client.unlink('grants/work/f4')).rejects.toEqual(refused(EPERM));
  await expect(client.unlink('grants/work/f5')).rejects.toEqual(refused(EPERM));
  await expect(client.rename('grants/work/f6', 'grants/work/f7')).rejects.toEqual(refused(EPERM));
  await client.writeFile('grants/work/g', 'its own');
  await client.unlink('grants/work/g');
  await client.writeFile('grants/work/f6', 'it can still write');
  guard.turnEnded();
  await expect(client.unlink('grants/work/f4')).rejects.toEqual(refused(EPERM));
  expect(stops).toEqual(['4: a fifth of its 20 files']);
  guard.answered('work', true);
  for (const name of names(20).slice(4)) await client.unlink(`grants/work/${name}`);
  expect(fs.readdirSync(small.work)).toEqual([]);
  await small.undo();
  expect(fs.readdirSync(small.work)).toHaveLength(20);

  const large = await deskWith(Object.fromEntries(names(300).map((name) => [name, ''])));
  const ben = await large.agent('ben');
  for (const name of names(50)) await ben.client.unlink(`grants/work/${name}`);
  await expect(ben.client.unlink('grants/work/f50')).rejects.toEqual(refused(EPERM));
  ben.guard.answered('work', false);
  await expect(ben.client.unlink('grants/work/f50')).rejects.toEqual(refused(EPERM));
  ben.guard.turnEnded();
  await ben.client.unlink('grants/work/f50');
});

test('what others of the team made is no part of the fifth, and counts towards the 50', async () => {
  const desk = await deskWith({ a: 'yours', b: 'yours', c: 'yours' });
  const [ada, ben] = [await desk.agent('ada'), await desk.agent('ben')];
  const made = Array.from({ length: 60 }, (_, i) => `made-${i}`);
  for (const name of made) await ada.client.writeFile(`grants/work/${name}`, name);
  // Ben clears up 45 of them; then two of yours, which never stop, and a third, which is fewer than a fifth of what is left with what went.
  for (const name of made.slice(0, 45)) await ben.client.unlink(`grants/work/${name}`);
  for (const name of ['a', 'b', 'c']) await ben.client.unlink(`grants/work/${name}`);
  for (const name of made.slice(45, 47)) await ben.client.unlink(`grants/work/${name}`);
  await expect(ben.client.unlink('grants/work/made-47')).rejects.toEqual(refused(EPERM));
  expect(ben.stops).toEqual(['50: 50 files']);
  // Ada made them herself.
  for (const name of made.slice(47)) await ada.client.unlink(`grants/work/${name}`);
  expect(ada.stops).toEqual([]);

  const small = await deskWith(Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, 'yours'])));
  const [cyd, dan] = [await small.agent('cyd'), await small.agent('dan')];
  for (const name of made.slice(0, 6)) await cyd.client.writeFile(`grants/work/${name}`, name);
  for (const name of made.slice(0, 6)) await dan.client.unlink(`grants/work/${name}`);
  for (const name of ['a', 'b']) await dan.client.unlink(`grants/work/${name}`);
  await cyd.client.writeFile('grants/work/c', 'changed, and still yours');
  await expect(dan.client.unlink('grants/work/c')).rejects.toEqual(refused(EPERM));
  expect(dan.stops).toEqual(['8: a fifth of its 10 files']);
});

test('an agent that says its turn is over again and again does not get round the limit', async () => {
  const desk = await deskWith(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, ''])));
  const { client, guard } = await desk.agent('ada');
  for (const name of ['f0', 'f1']) {
    await client.unlink(`grants/work/${name}`);
    guard.turnEnded();
  }
  await expect(client.unlink('grants/work/f2')).rejects.toEqual(refused(EPERM));
});

test('a text differs by lines, as `patch` reads them, a binary by size, a link by where it points', async () => {
  const desk = await deskWith({ text: 'one\ntwo\nthree\n', binary: 'a\0b', gone: 'x\n' });
  const { client } = await desk.agent('ada');
  await client.unlink('grants/work/gone');
  await client.writeFile('grants/work/made', 'x\n');
  await client.writeFile('grants/work/text', 'one\n2\nthree\n');
  await client.writeFile('grants/work/binary', 'a\0bc');
  await client.symlink('grants/work/link', 'text');
  const options = { root: openAsPlace(desk.work), checkpoints: desk.checkpoints };
  const findings = desk.survey().filter(({ path }) => path !== '');
  const diffs = await Promise.all(findings.map((finding) => diffContent(finding, options)));
  expect(diffs).toEqual([
    { summary: 'binary, 3 bytes → 4 bytes' },
    { lines: ['@@ -1,1 +0,0 @@', '-x'] },
    { lines: ['+→ text'] },
    { lines: ['@@ -0,0 +1,1 @@', '+x'] },
    { lines: ['@@ -1,3 +1,3 @@', ' one', '-two', '+2', ' three'] },
  ]);
});

test('diff and undo follow no link that was swapped in for a folder, on either side', async () => {
  const desk = await deskWith({ 'd/a': 'one' });
  const outside = join(desk.folder, 'outside');
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, 'a'), 'not yours');
  const { client } = await desk.agent('ada');
  await client.writeFile('grants/work/d/a', 'ada');
  fs.renameSync(at(desk.work, 'd'), join(desk.folder, 'moved'));
  fs.symlinkSync(outside, at(desk.work, 'd'));
  await desk.undo({ force: true });
  expect(fs.readFileSync(join(outside, 'a'), 'utf8')).toBe('not yours');
  expect(fs.readdirSync(outside)).toEqual(['a']);
});

test('what is moved out of a grant while an agent has it open is not changed through the grant', async () => {
  const desk = await deskWith({ 'd/a': 'one' });
  const { client } = await desk.agent('ada');
  const folder = await client.walk('grants/work/d');
  const file = await client.walk('grants/work/d/a');
  fs.renameSync(at(desk.work, 'd'), join(desk.folder, 'gone'));
  await expect(client.lopen(file, O.wronly | O.trunc)).rejects.toEqual(refused(116));
  await expect(client.setattr(folder, SET.mode, { mode: 0o700 })).rejects.toEqual(refused(116));
  expect(fs.readFileSync(join(desk.folder, 'gone/a'), 'utf8')).toBe('one');
});

test('a first version that can not be kept stops the change', async () => {
  const desk = await deskWith({ a: 'one' });
  const { client } = await desk.agent('ada');
  fs.writeFileSync(join(desk.checkpoints, 'ada'), 'in the way');
  await expect(client.writeFile('grants/work/a', 'two')).rejects.toThrow();
  await expect(client.unlink('grants/work/a')).rejects.toThrow();
  expect(fs.readFileSync(at(desk.work, 'a'), 'utf8')).toBe('one');
});

test('a removal that fails does not spoil the first version of what is changed afterwards', async () => {
  const desk = await deskWith({ a: 'one' });
  const { client } = await desk.agent('ada');
  await expect(client.rmdir('grants/work/a')).rejects.toThrow();
  await client.writeFile('grants/work/a', 'two');
  await desk.undo();
  expect(fs.readFileSync(at(desk.work, 'a'), 'utf8')).toBe('one');
  expect(fs.statSync(at(desk.work, 'a')).nlink).toBe(1);
});
