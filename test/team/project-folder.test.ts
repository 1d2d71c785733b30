import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFile } from '../../src/team/paths.ts';
import { readProjectFolder } from '../../src/team/project-folder.ts';
import { changeProjectRecord, readProjectRecord } from '../../src/team/project-record.ts';
import { writeFiles } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A home, and a project that brings these files in its `.cowork/`. */
async function project(files: Record<string, string>) {
  const root = await temporaryFolder();
  const home = join(root, 'home');
  const path = join(root, 'project');
  mkdirSync(home);
  mkdirSync(join(path, '.cowork'), { recursive: true });
  writeFiles(join(path, '.cowork'), files);
  const write = (name: string, text: string) => writeFileSync(join(path, '.cowork', name), text);
  return { root, home, path, write, read: () => readProjectFolder(home, path) };
}

test('what a project brings is read with where its folders lead, and without anything it is nothing', async () => {
  const settings = { teammates: 2, grants: ['.:rw', 'missing', '../other'], allowHosts: ['example.org'] };
  const { path, root, read, write, home } = await project({ 'settings.json': JSON.stringify(settings) });
  mkdirSync(join(root, 'other'));
  write('instructions.md', 'Be kind.');
  expect(read()).toMatchObject({
    ...{ settings, instructions: 'Be kind.', missing: [{ given: 'missing' }] },
    grants: [
      { path, mode: 'rw' },
      { path: join(root, 'other'), mode: 'ro' },
    ],
  });
  expect(readProjectFolder(home, root)).toBeUndefined();
  rmSync(join(path, '.cowork', 'settings.json'));
  rmSync(join(path, '.cowork', 'instructions.md'));
  expect(read()).toBeUndefined();
});

test('each change of what it brings, and of where a folder of it leads, is another checksum', async () => {
  const { root, path, read, write } = await project({ 'settings.json': '{"grants":["data"]}' });
  const seen = new Set<string | undefined>();
  const note = () => seen.add(read()?.checksum);
  note();
  for (const name of ['one', 'two']) mkdirSync(join(root, name));
  symlinkSync(join(root, 'one'), join(path, 'data'));
  note();
  rmSync(join(path, 'data'));
  symlinkSync(join(root, 'two'), join(path, 'data'));
  note();
  write('settings.json', '{"grants":["data"] }');
  note();
  write('instructions.md', 'x');
  note();
  renameSync(path, `${path}-moved`);
  expect(read()).toBeUndefined();
  seen.add(readProjectFolder(join(root, 'home'), `${path}-moved`)?.checksum);
  expect(seen.size).toBe(6);
  expect(seen).not.toContain(undefined);
});

test.each([
  ['a sandbox', '{"sandbox":"none"}'],
  ['a script that plays the models', '{"rehearsal":"evil.ts"}'],
  ['a command for the host', '{"check":"rm -rf /"}'],
  ['a server that keeps the mail', '{"store":"nats://example.org"}'],
  ['consent to itself', '{"agreed":true}'],
  ['no JSON', '{'],
  ['no object', '[]'],
  ['a number that is none', '{"teammates":-1}'],
  ['two ways to count', '{"teammates":1,"teammate":["ada"]}'],
])('settings with %s are refused whole', async (_, text) => {
  const { read } = await project({ 'settings.json': text });
  expect(read).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
});

test('links, pipes and giants in .cowork are not read', async () => {
  const { root, path, read } = await project({});
  const secret = join(root, 'secret');
  writeFileSync(secret, 'my secret');
  const file = join(path, '.cowork', 'instructions.md');
  const refused = (reason: RegExp) => {
    expect(read).toThrow(expect.objectContaining({ message: expect.stringMatching(reason) }));
    rmSync(file, { force: true });
  };
  symlinkSync(secret, file);
  refused(/it is a link/);
  execFileSync('mkfifo', [file]);
  refused(/it is no file/);
  writeFileSync(file, 'x'.repeat(32 * 1024 + 1));
  refused(/over 32 KiB/);
  renameSync(join(path, '.cowork'), join(root, 'elsewhere'));
  writeFileSync(join(root, 'elsewhere', 'instructions.md'), 'hello');
  symlinkSync(join(root, 'elsewhere'), join(path, '.cowork'));
  refused(/it is no folder/);
});

test('what was said of a project stands in the home; a damaged record grants nothing', async () => {
  const { home, path } = await project({});
  expect(readProjectRecord(home, path)).toMatchObject({ agreed: null, hosts: [], folders: [] });
  const hosts = ['a', 'b', 'c'].map((host) => ({ host, team: 'mine', request: 'a1', who: 'me', at: '' }));
  await Promise.all(
    hosts.map((host) =>
      changeProjectRecord(home, path, (record) => ({ ...record, hosts: [...record.hosts, host] })),
    ),
  );
  expect(
    readProjectRecord(home, path)
      .hosts.map(({ host }) => host)
      .toSorted(),
  ).toEqual(['a', 'b', 'c']);
  for (const damaged of ['{', '{"v":1,"path":"/","agreed":null,"hosts":[{}],"folders":[]}', '{"v":1}']) {
    writeFileSync(projectFile(home, path), damaged);
    expect(() => readProjectRecord(home, path)).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID' }),
    );
  }
});
