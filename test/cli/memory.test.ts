import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDesk } from '../support/cowork.ts';
import { launch } from '../support/team.ts';

interface ListedNote {
  name: string;
  title: string;
  by: { agent: string; team: string } | null;
}
const BUILD = '/memories/project/build.md';

test('what an agent notes is there for the next team: named at its start, read when it is needed, and not told to other projects', async () => {
  const desk = openDesk();
  mkdirSync(join(desk.folder, '.cowork'));
  const first = await launch('puppet', ['--teammates', '0', '--team', 'first'], desk);
  const [step] = await first.order('lead', [
    [
      [
        'memory',
        { command: 'create', path: BUILD, file_text: '# How to build\nRun make twice, the first fails.\n' },
      ],
      [
        'memory',
        { command: 'create', path: '/memories/user/key.md', file_text: 'password: hunter2hunter2\n' },
      ],
      ['memory', { command: 'view', path: '/memories/../../../etc/passwd' }],
    ],
  ]);
  expect(step?.results.map(({ isError }) => isError)).toEqual([false, true, true]);
  expect(step?.results[1]?.json.error).toMatchObject({ code: 'MEMORY_SECRET' });
  expect(step?.results[2]?.json.error).toMatchObject({ code: 'MEMORY_INVALID' });
  await first.cowork(['stop']);

  const second = await launch('puppet', ['--teammates', '0', '--team', 'second'], desk);
  const [seen] = await second.order('lead', [
    [
      ['memory', { command: 'view', path: BUILD }],
      ['memory', { command: 'search', query: 'fails' }],
    ],
  ]);
  expect(seen?.results[0]?.text).toContain('Run make twice');
  expect(seen?.results[0]?.text).toContain('by lead of team first');
  expect(seen?.results[1]?.text).toContain(BUILD);
  await second.cowork(['stop']);

  expect(await desk.json<ListedNote[]>('memory')).toMatchObject([
    { name: 'project/build.md', title: 'How to build', by: { agent: 'lead', team: 'first' } },
  ]);
  expect(await desk.json('memory', '--project', desk.tmp)).toEqual([]);
  const found = await desk.json<{ team: string; state: string }[]>('history', 'make twice');
  expect(new Set(found.map(({ team }) => team))).toEqual(new Set(['first', 'second']));
  expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['stopped']));
  expect((await desk.cowork(['history', 'make', '--last', '1'])).stdout).toMatch(
    /^(first|second) {2}stopped, 20/,
  );
  expect((await desk.cowork(['history', 'zebra'])).stdout).toBe('No team has anything of that.\n');
}, 240_000);

test('a person lists, writes, edits, searches, exports and forgets notes; what they may not hold is refused', async () => {
  const desk = openDesk();
  expect((await desk.cowork(['memory'])).stdout).toContain('Nothing is remembered yet');
  const written = await desk.cowork(['memory', 'edit', 'user/style.md', '--text', '-'], {
    input: '# Style\nShort \u001b[31msentences\u001b[0m.\n',
  });
  expect(written).toMatchObject({ code: 0, stdout: 'Kept as user/style.md.\n' });
  expect((await desk.cowork(['memory'])).stdout).toMatch(
    /user\/style\.md +\d+ +20\d\d-\d\d-\d\d +you +Style/,
  );
  const shown = await desk.cowork(['memory', 'show', 'user/style.md']);
  expect(shown.stdout).toContain('Short ␛[31msentences');

  const editor = join(desk.tmp, 'editor');
  writeFileSync(editor, '#!/bin/sh\necho "No jargon." >>"$2"\n');
  chmodSync(editor, 0o700);
  const edited = await desk.cowork(['memory', 'edit', 'user/style.md'], { env: { EDITOR: `${editor} -n` } });
  expect(edited.code).toBe(0);
  expect(readFileSync(join(desk.home, 'memory/user/style.md'), 'utf8')).toMatch(
    /sentences.*\nNo jargon\.\n$/s,
  );
  const without = await desk.cowork(['memory', 'edit', 'user/style.md'], { env: { EDITOR: '', VISUAL: '' } });
  expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no editor') });

  expect(await desk.json<ListedNote[]>('memory', 'search', 'jarg')).toMatchObject([
    { name: 'user/style.md' },
  ]);
  expect((await desk.cowork(['memory', 'export'])).stdout).toMatch(/^<!-- user\/style\.md, you, 20/);
  expect(await desk.refusal('memory', 'show', 'user/stile.md')).toMatchObject({
    ...{ exit: 3, code: 'MEMORY_UNKNOWN', hint: 'Did you mean user/style.md?' },
  });
  expect(await desk.refusal('memory', 'edit', 'project/x.md', '--text', 'x')).toMatchObject({
    code: 'MEMORY_INVALID',
  });
  const secret = ['ghp', '_abcdefghijklmnopqrstuvwxyz0123456789'].join('');
  expect(await desk.refusal('memory', 'edit', 'user/key.md', '--text', secret)).toMatchObject({
    ...{ exit: 4, code: 'MEMORY_SECRET' },
  });
  expect((await desk.cowork(['memory', 'forget', 'user/style.md'])).stdout).toBe(
    'Forgotten: user/style.md (Style).\n',
  );
  expect(await desk.json('memory')).toEqual([]);
  expect(await desk.refusal('memory', 'forgt', 'x')).toMatchObject({ hint: 'Did you mean forget?' });
}, 240_000);
