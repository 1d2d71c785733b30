import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemoryTool, memoryIndex } from '../../src/memory/command.ts';
import { findProject, openMemory } from '../../src/memory/memory.ts';
import { temporaryFolder } from '../support/temporary.ts';

const ada = { agent: 'ada', team: 'alpha' };
const ben = { agent: 'ben', team: 'alpha' };

async function home(): Promise<{ home: string; project: string }> {
  const folder = await temporaryFolder();
  return { home: join(folder, 'home'), project: folder };
}

async function tools() {
  const at = await home();
  const memory = () => openMemory(at.home, at.project);
  return { ...at, memory, as: (by = ada) => createMemoryTool(memory(), by) };
}

const BUILD = '/memories/project/build.md';
const STYLE = '/memories/user/style.md';

describe('the memory tool', () => {
  it('keeps notes of the user and of a project as plain files, says by whom, and finds them again', async () => {
    const { as, memory, home: at, project } = await tools();
    await as()({ command: 'create', path: STYLE, file_text: '# Style\nShort sentences.\n' });
    await as()({
      command: 'create',
      path: BUILD,
      file_text: '# How to build\nRun make in src/, not above.\n',
    });
    expect(await as(ben)({ command: 'view', path: '/memories' })).toMatchObject({
      notes: [
        { path: STYLE, title: 'Style', written: 'by ada of team alpha' },
        { path: BUILD, title: 'How to build', written: 'by ada of team alpha' },
      ],
    });
    expect(await as(ben)({ command: 'view', path: BUILD, view_range: [2, 2] })).toMatchObject({
      lines: 3,
      text: 'Run make in src/, not above.',
    });
    expect(await as(ben)({ command: 'search', query: 'sent short' })).toMatchObject({
      found: [{ path: STYLE, excerpt: expect.stringContaining('Short sentences') }],
    });
    expect(memoryIndex(memory())).toBe(`- ${STYLE}: Style\n- ${BUILD}: How to build`);
    expect(memoryIndex(memory(), 40)).toMatch(/Style\n- and 1 more: view \/memories$/);
    // Another project does not see it, the user's notes are everywhere.
    expect(
      openMemory(at, '/elsewhere')
        .list()
        .map(({ place }) => place),
    ).toEqual(['user/style.md']);
    expect(findProject(at, join(project, 'deep', 'down'))).toBe(project);
    const folder = join(at, 'memory', 'user');
    expect(readFileSync(join(folder, 'style.md'), 'utf8')).toBe('# Style\nShort sentences.\n');
    expect(statSync(join(folder, 'style.md')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('changes notes in the words of the API: replaces, inserts, renames, deletes', async () => {
    const { as, memory } = await tools();
    const tool = as();
    await tool({ command: 'create', path: BUILD, file_text: 'one\ntwo\n' });
    await tool({ command: 'str_replace', path: BUILD, old_str: 'two', new_str: 'deux' });
    await tool({ command: 'insert', path: BUILD, insert_line: 1, insert_text: 'between\n' });
    expect(memory().read('project/build.md').text).toBe('one\nbetween\ndeux\n');
    await tool({ command: 'rename', old_path: BUILD, new_path: '/memories/user/build.md' });
    expect(
      memory()
        .list()
        .map(({ place }) => place),
    ).toEqual(['user/build.md']);
    await tool({ command: 'delete', path: '/memories/user/build.md' });
    expect(memory().list()).toEqual([]);
  });

  it('refuses whoever does not know a note as it is now, and takes the change after another look', async () => {
    const { as, memory } = await tools();
    const [one, two] = [as(ada), as(ben)];
    await one({ command: 'create', path: STYLE, file_text: 'first\n' });
    const blind = two({ command: 'create', path: STYLE, file_text: 'second\n' });
    await expect(blind).rejects.toMatchObject({ code: 'MEMORY_CHANGED' });
    await expect(two({ command: 'delete', path: STYLE })).rejects.toMatchObject({ code: 'MEMORY_CHANGED' });
    await two({ command: 'view', path: STYLE });
    await two({ command: 'create', path: STYLE, file_text: 'second\n' });
    const late = one({ command: 'insert', path: STYLE, insert_line: 0, insert_text: 'late' });
    await expect(late).rejects.toMatchObject({ code: 'MEMORY_CHANGED' });
    // What it replaces is there: it need know no more.
    await one({ command: 'str_replace', path: STYLE, old_str: 'second', new_str: 'third' });
    expect(memory().read('user/style.md')).toMatchObject({ text: 'third\n', by: ada });
  });

  it('takes an edit in an editor as a new revision of nobody it knows', async () => {
    const { as, memory, home: at } = await tools();
    const tool = as();
    await tool({ command: 'create', path: STYLE, file_text: 'mine\n' });
    writeFileSync(join(at, 'memory/user/style.md'), 'by hand\n');
    expect(memory().read('user/style.md')).toMatchObject({ by: null, text: 'by hand\n' });
    await expect(tool({ command: 'delete', path: STYLE })).rejects.toMatchObject({ code: 'MEMORY_CHANGED' });
  });

  it.each([
    '/memories/../../etc/passwd',
    '/memories/user/../../x.md',
    '/memories/user/a/b.md',
    '/memories/user/.hidden.md',
    '/memories/user/log.jsonl',
    '/memories/other/a.md',
    '/etc/passwd',
    'user/a.md',
    '/memories/user/\u0000.md',
    '/memories/user/A.md',
  ])('refuses the path %j and touches nothing', async (path) => {
    const { as, home: at } = await tools();
    for (const command of ['view', 'create', 'delete', 'str_replace', 'insert'] as const) {
      const asked = as()({ command, path, file_text: 'x', old_str: 'x', insert_line: 0, insert_text: 'x' });
      await expect(asked, command).rejects.toMatchObject({ code: expect.stringMatching(/^MEMORY_/) });
    }
    expect(() =>
      readdirSync(join(at, 'memory', 'user')).filter((name) => name !== 'writers.jsonl'),
    ).toThrow();
  });

  it('refuses what does not fit, and asks to tidy before that', async () => {
    const { as } = await tools();
    const tool = as();
    const note = (i: number, text = 'x\n') => ({
      command: 'create' as const,
      path: `/memories/user/n${i}.md`,
      file_text: text,
    });
    const full = { code: 'MEMORY_FULL' };
    await expect(tool(note(0, 'x'.repeat(17_000)))).rejects.toMatchObject(full);
    for (let i = 1; i < 28; i++) expect(await tool(note(i, 'x'.repeat(15_000)))).not.toHaveProperty('tidy');
    expect((await tool(note(28, 'x'.repeat(15_000)))).tidy).toMatch(/take 8\d % of their room/);
    for (let i = 29; i <= 34; i++) await tool(note(i, 'x'.repeat(15_000)));
    await expect(tool(note(35, 'x'.repeat(15_000)))).rejects.toMatchObject(full);
    // Making one shorter is always possible.
    expect(await tool(note(34, 'short\n'))).toHaveProperty('path');
  });

  it('is whole when its log or its list of writers is damaged or gone', async () => {
    const { as, memory, home: at } = await tools();
    await as()({ command: 'create', path: STYLE, file_text: 'kept\n' });
    const folder = join(at, 'memory', 'user');
    writeFileSync(join(folder, 'log.jsonl'), '{"v":1,"torn');
    rmSync(join(folder, 'writers.jsonl'));
    expect(memory().read('user/style.md')).toMatchObject({ text: 'kept\n', by: null });
    const tool = as();
    await tool({ command: 'view', path: STYLE });
    await tool({ command: 'create', path: STYLE, file_text: 'again\n' });
    expect(memory().read('user/style.md')).toMatchObject({ text: 'again\n', by: ada });
  });
});
