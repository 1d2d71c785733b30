import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemoryTool, memoryIndex } from '../../src/memory/command.ts';
import { findProject, openMemory } from '../../src/memory/memory.ts';
import { canMount, fillDisk, smallDisk } from '../store/support/small-disk.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ada = { agent: 'ada', team: 'alpha' };
const user = { agent: 'user', team: null };
const BUILD = 'project/build.md';

/** A home, and a project; with `.cowork/` in it unless it is said. */
async function desk({ hasFolder = true } = {}) {
  const top = await temporaryFolder();
  const [home, project] = [join(top, 'home'), join(top, 'project')];
  mkdirSync(hasFolder ? join(project, '.cowork') : project, { recursive: true });
  const folder = join(project, '.cowork', 'memory');
  const agents = (at = project) => openMemory(home, at);
  const people = (at = project) => openMemory(home, at, 'people');
  const tool = (at = project) => createMemoryTool(agents(at), ada);
  const note = (place: string, text: string | null, by: typeof ada | typeof user = ada) =>
    agents().change(place, by, () => text);
  const seen = (at = project) =>
    Object.fromEntries(
      agents(at)
        .list()
        .map(({ place, text }) => [place, text]),
    );
  const put = (name: string, text: string) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  return { top, home, project, folder, agents, people, tool, note, seen, put };
}

describe('notes in a project', () => {
  it('are files in .cowork/memory, written by the tool, and who wrote which is in the home', async () => {
    const { folder, note, people, seen, project, home } = await desk();
    await note(BUILD, '# Build\nRun make.\n');
    expect(readdirSync(folder)).toEqual(['build.md']);
    expect(readFileSync(join(folder, 'build.md'), 'utf8')).toBe('# Build\nRun make.\n');
    // As an editor would have made it: with the rights that the umask leaves.
    expect(statSync(join(folder, 'build.md')).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(people().list()).toMatchObject([{ place: BUILD, by: ada, where: 'project', isAgreed: true }]);
    expect(seen()).toEqual({ [BUILD]: '# Build\nRun make.\n' });
    chmodSync(join(folder, 'build.md'), 0o640);
    await note(BUILD, '# Build\nRun make twice.\n');
    expect(statSync(join(folder, 'build.md')).mode & 0o777).toBe(0o640);
    expect(findProject(home, join(project, 'deep'))).toBe(project);
    await note(BUILD, null);
    expect(readdirSync(folder)).toEqual([]);
    expect(seen()).toEqual({});
  });

  it('stay in the home while the project has no .cowork, which nobody makes unasked', async () => {
    const { project, note, people, folder } = await desk({ hasFolder: false });
    await note(BUILD, 'Run make.\n');
    expect(readdirSync(project)).toEqual([]);
    expect(people().list()).toMatchObject([{ where: 'home', isAgreed: true }]);
    expect(people().obstacle()).toBeUndefined();
    mkdirSync(join(project, '.cowork'));
    // What is in the home stays there until it is moved; what is new goes to the project.
    await note(BUILD, 'Run make twice.\n');
    await note('project/style.md', 'Short.\n');
    expect(readdirSync(folder)).toEqual(['style.md']);
    expect(people().list()).toMatchObject([
      { place: BUILD, where: 'home', text: 'Run make twice.\n' },
      { place: 'project/style.md', where: 'project' },
    ]);
  });

  it('of a clone are seen by no agent until the user agrees to them, as they are', async () => {
    const { top, project, home, note, tool, seen, people, agents } = await desk();
    await note(BUILD, 'Run make.\n');
    const clone = join(top, 'clone');
    cpSync(project, clone, { recursive: true });
    expect(seen(clone)).toEqual({});
    expect(memoryIndex(agents(clone))).toBe('');
    expect(await tool(clone)({ command: 'view' })).toMatchObject({ notes: [], waiting: /^1 in the project/ });
    expect(await tool(clone)({ command: 'search', query: 'make' })).toEqual({ found: [] });
    const path = '/memories/project/build.md';
    const asks = { path, file_text: 'x', old_str: 'Run', new_str: 'x', insert_line: 0, insert_text: 'x' };
    for (const command of ['view', 'create', 'delete', 'str_replace', 'insert'] as const)
      await expect(tool(clone)({ command, ...asks }), command).rejects.toMatchObject({
        code: 'MEMORY_NOT_AGREED',
      });
    const rename = tool(clone)({ command: 'rename', old_path: path, new_path: '/memories/user/x.md' });
    await expect(rename).rejects.toMatchObject({ code: 'MEMORY_NOT_AGREED' });
    const [waiting] = people(clone).waiting();
    expect(waiting).toMatchObject({ place: BUILD, text: 'Run make.\n', isAgreed: false, by: null });
    await expect(people(clone).agree(BUILD, 'another')).rejects.toMatchObject({ code: 'MEMORY_CHANGED' });
    expect(await people(clone).agree(BUILD, waiting?.revision ?? '')).toMatchObject({ isAgreed: true });
    expect(await tool(clone)({ command: 'view', path })).toMatchObject({
      ...{ text: 'Run make.\n', written: expect.stringContaining('the user has agreed to it') },
    });
    expect(people(clone).waiting()).toEqual([]);
    // A consent that is taken back is taken back; what cowork wrote itself is not touched by that.
    await people(clone).withdraw();
    expect(seen(clone)).toEqual({});
    await people(project).withdraw();
    expect(Object.keys(seen())).toEqual([BUILD]);
    expect(openMemory(join(home, 'another'), project).list()).toEqual([]);
  });

  it('that somebody changes past cowork are out of sight until agreed to, and their change is never overwritten', async () => {
    const { note, seen, tool, put, people, folder } = await desk();
    await note(BUILD, 'Run make.\n');
    put('build.md', 'Run evil.\n');
    expect(seen()).toEqual({});
    const over = tool()({ command: 'create', path: '/memories/project/build.md', file_text: 'Mine.\n' });
    await expect(over).rejects.toMatchObject({ code: 'MEMORY_NOT_AGREED' });
    expect(readFileSync(join(folder, 'build.md'), 'utf8')).toBe('Run evil.\n');
    // What cowork wrote before counts again when it is back, as after a change of branches.
    put('build.md', 'Run make.\n');
    expect(seen()).toEqual({ [BUILD]: 'Run make.\n' });
    // But not what was deleted since.
    await note(BUILD, null);
    put('build.md', 'Run make.\n');
    expect(seen()).toEqual({});
    // The user's own words need no further consent.
    await people().change(BUILD, user, () => 'Run make.\n');
    expect(people().list()).toMatchObject([{ isAgreed: true, by: user }]);
    put('key.md', `password: ${'hunter2hunter2'}\n`);
    const [key] = people().waiting();
    await expect(people().agree('project/key.md', key?.revision ?? '')).rejects.toMatchObject({
      code: 'MEMORY_SECRET',
    });
  });

  it('do not crowd out what agents note, however many a project brings', async () => {
    const { home, put, note, agents, people } = await desk();
    for (let i = 0; i < 1_050; i++) put(`n${i}.md`, 'x'.repeat(1_000));
    await note(BUILD, 'Run make.\n');
    expect(agents().tidy(BUILD)).toBeUndefined();
    expect(agents().list()).toMatchObject([{ place: BUILD }]);
    const waiting = people().waiting();
    expect(waiting.length).toBeGreaterThan(900);
    expect(waiting.length).toBeLessThan(1_001);
    // What is agreed to counts, so that it has to fit.
    const shelves = join(home, 'memory', 'projects');
    const [shelf = ''] = readdirSync(shelves);
    for (let i = 0; i < 98; i++) writeFileSync(join(shelves, shelf, `h${i}.md`), 'x');
    const [one, two] = waiting;
    await people().agree(one?.place ?? '', one?.revision ?? '');
    const full = people().agree(two?.place ?? '', two?.revision ?? '');
    await expect(full).rejects.toMatchObject({ code: 'MEMORY_FULL' });
  });
});

describe('what is no note', () => {
  it.each([
    ['a link', 'it is a link', (file: string, top: string) => symlinkSync(join(top, 'secret.md'), file)],
    ['a pipe', 'it is no file', (file: string) => execFileSync('mkfifo', [file])],
    ['a folder', 'it is no file', (file: string) => mkdirSync(file)],
    ['a giant', 'it is over 16 KiB', (file: string) => writeFileSync(file, Buffer.alloc(50_000_000, 'x'))],
    ['no text', 'it is no text in UTF-8', (file: string) => writeFileSync(file, Buffer.from([0xff, 0xfe]))],
  ])('is not read and not written through: %s', async (_, problem, make) => {
    const { top, folder, put, people, seen, tool } = await desk();
    writeFileSync(join(top, 'secret.md'), 'my secret');
    put('other.md', 'x');
    make(join(folder, 'build.md'), top);
    expect(people().waiting()).toMatchObject([
      { place: BUILD, problem, text: '' },
      { place: 'project/other.md' },
    ]);
    expect(seen()).toEqual({});
    const path = '/memories/project/build.md';
    await expect(tool()({ command: 'view', path })).rejects.toMatchObject({ code: 'MEMORY_NOT_AGREED' });
    await expect(tool()({ command: 'create', path, file_text: 'x' })).rejects.toMatchObject({
      code: 'MEMORY_NOT_AGREED',
    });
    const edit = people().change(BUILD, user, () => 'x');
    await expect(edit).rejects.toMatchObject({ code: 'MEMORY_INVALID' });
    await expect(people().agree(BUILD, '')).rejects.toMatchObject({ code: 'MEMORY_INVALID' });
    expect(readFileSync(join(top, 'secret.md'), 'utf8')).toBe('my secret');
    // It can be forgotten like a note, but for a folder.
    const forget = people().change(BUILD, user, () => null);
    if (lstatSync(join(folder, 'build.md'), { throwIfNoEntry: false })?.isDirectory())
      await expect(forget).rejects.toMatchObject({ code: 'MEMORY_FOLDER' });
    else expect(await forget).toBeUndefined();
    expect(readFileSync(join(top, 'secret.md'), 'utf8')).toBe('my secret');
  });

  it.each(['.cowork', '.cowork/memory'])(
    'a link, a file or a pipe in place of %s leads nowhere',
    async (part) => {
      const { top, project, people, seen, note } = await desk();
      await note(BUILD, 'Run make.\n');
      const at = join(project, part);
      renameSync(at, join(top, 'elsewhere'));
      const makes = [
        () => symlinkSync(join(top, 'elsewhere'), at),
        () => writeFileSync(at, ''),
        () => execFileSync('mkfifo', [at]),
      ];
      for (const make of makes) {
        make();
        expect(seen()).toEqual({});
        expect(people().list()).toEqual([]);
        expect(people().obstacle()).toMatch(/is a link|is no folder/);
        await expect(note('project/new.md', 'x')).rejects.toMatchObject({ code: 'MEMORY_FOLDER' });
        await expect(people().move()).rejects.toMatchObject({ code: 'MEMORY_FOLDER' });
        rmSync(at);
      }
      expect(readdirSync(join(top, 'elsewhere'))).toEqual([part === '.cowork' ? 'memory' : 'build.md']);
      renameSync(join(top, 'elsewhere'), at);
      expect(seen()).toEqual({ [BUILD]: 'Run make.\n' });
    },
  );

  it('a hard link is read as the text that it is, and never written through', async () => {
    const { top, folder, put, people, note } = await desk();
    put('a.md', 'x');
    writeFileSync(join(top, 'mine.txt'), 'Mine.\n');
    linkSync(join(top, 'mine.txt'), join(folder, 'build.md'));
    await people().agree(BUILD, people().read(BUILD).revision);
    await note(BUILD, 'Theirs.\n');
    expect(readFileSync(join(top, 'mine.txt'), 'utf8')).toBe('Mine.\n');
  });

  it('the home of cowork is no place for notes of a project, whatever leads to it', async () => {
    const { top, agents } = await desk();
    const above = join(top, 'person');
    const memory = openMemory(join(above, '.cowork'), above);
    await memory.change(BUILD, ada, () => 'x\n');
    expect(memory.read(BUILD)).toMatchObject({ where: 'home' });
    await expect(memory.move()).rejects.toMatchObject({
      ...{ code: 'MEMORY_FOLDER', message: expect.stringContaining('is a home of cowork') },
    });
    expect(existsSync(join(above, '.cowork', 'memory', 'build.md'))).toBe(false);
    expect(agents(above).list()).toEqual([]);
  });

  it.skipIf(!canMount)(
    'a disk that takes nothing is a refusal with its reason, and leaves no draft',
    async () => {
      const disk = await smallDisk();
      mkdirSync(join(disk, '.cowork'));
      const memory = openMemory(join(await temporaryFolder(), 'home'), disk);
      const note = (text: string | null) => memory.change(BUILD, ada, () => text);
      await note('Run make.\n');
      const mount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, disk]);
      mount('ro');
      const refused = { code: 'MEMORY_FOLDER', message: expect.stringContaining('is read-only') };
      await expect(note('x\n')).rejects.toMatchObject(refused);
      await expect(note(null)).rejects.toMatchObject(refused);
      mount('rw');
      const ballast = fillDisk(disk);
      await expect(note('x'.repeat(16_000))).rejects.toMatchObject({ code: 'ENOSPC' });
      rmSync(ballast);
      expect(readdirSync(join(disk, '.cowork', 'memory'))).toEqual(['build.md']);
      expect(memory.list()).toMatchObject([{ place: BUILD, text: 'Run make.\n' }]);
    },
  );
});

describe('notes that are moved into their project', () => {
  it('keep who wrote them and when, and one whose name is taken by another text gets a number', async () => {
    const { project, note, people, put, folder, seen } = await desk({ hasFolder: false });
    await note(BUILD, 'Run make.\n');
    await note('project/style.md', 'Short.\n', user);
    const before = people().read(BUILD).updated;
    put('style.md', 'Long.\n');
    expect(seen()).toEqual({ [BUILD]: 'Run make.\n', 'project/style.md': 'Short.\n' });
    expect(await people().move()).toEqual([
      { name: 'build.md', to: 'build.md' },
      { name: 'style.md', to: 'style-2.md' },
    ]);
    expect(readdirSync(folder).sort()).toEqual(['build.md', 'style-2.md', 'style.md']);
    expect(people().read(BUILD)).toMatchObject({
      by: ada,
      updated: before,
      where: 'project',
      isAgreed: true,
    });
    expect(people().waiting()).toMatchObject([{ place: 'project/style.md', text: 'Long.\n' }]);
    expect(seen()).toEqual({ [BUILD]: 'Run make.\n', 'project/style-2.md': 'Short.\n' });
    expect(await people().move()).toEqual([]);
    await expect(openMemory('/nowhere', null, 'people').move()).rejects.toMatchObject({
      code: 'MEMORY_INVALID',
    });
    rmSync(project, { recursive: true });
    expect(seen()).toEqual({});
  });

  it('are brought by the first who asks, also of a shelf from before revisions were whole hashes', async () => {
    const { home, project, people, note, seen } = await desk({ hasFolder: false });
    await note(BUILD, 'Run make.\n');
    const log = join(
      home,
      'memory',
      'projects',
      readdirSync(join(home, 'memory', 'projects'))[0] ?? '',
      'log.jsonl',
    );
    const short = readFileSync(log, 'utf8').replace(/("revision":"[0-9a-f]{12})[0-9a-f]+/, '$1');
    writeFileSync(log, short);
    expect(people().read(BUILD)).toMatchObject({ by: ada });
    expect(await people().move()).toEqual([{ name: 'build.md', to: 'build.md' }]);
    expect(existsSync(join(project, '.cowork', 'memory', 'build.md'))).toBe(true);
    expect(people().read(BUILD)).toMatchObject({ by: ada, isAgreed: true });
    expect(seen()).toEqual({ [BUILD]: 'Run make.\n' });
  });
});
