import { join } from 'node:path';
import pty from 'node-pty';
import { expect, test } from 'vitest';
import { type Desk, openDesk, PROGRAM } from '../support/cowork.ts';
import { writeFiles } from './corpus/case.ts';

test('at a terminal a person is shown what would run and asked; only yes is a yes', async () => {
  const desk = openDesk();
  writeFiles(join(desk.folder, 'p'), {
    '.claude-plugin/plugin.json': { name: 'p' },
    'hooks/hooks.json': { hooks: { Stop: [{ hooks: [{ type: 'command', command: './x.sh' }] }] } },
  });
  for (const [typed, consent] of [
    ['\x04', 'needed'],
    ['\x03', 'needed'],
    ['\r', 'needed'],
    ['y\r', 'given'],
  ] as const) {
    const { shown, code } = await answer(desk, ['plugin', 'add', './p'], typed);
    expect({ typed, shown, code }).toMatchObject({
      shown: expect.stringMatching(/hook Stop \*\s+command: \.\/x\.sh/),
      code: 0,
    });
    expect({ typed, list: await desk.json('plugin', 'list') }).toMatchObject({ typed, list: [{ consent }] });
  }
});

test('at a terminal a person is asked for what a plugin wants; a wrong value is asked for again, and a secret is not shown', async () => {
  const desk = openDesk();
  writeFiles(join(desk.folder, 'p'), {
    '.claude-plugin/plugin.json': {
      name: 'p',
      userConfig: {
        pages: { type: 'number', title: 'Pages', description: 'How many', min: 1 },
        token: { type: 'string', title: 'Token', description: 'Yours', required: true, sensitive: true },
        place: { type: 'string', title: 'Place', description: 'Where', default: 'Oslo' },
      },
    },
    'skills/s/SKILL.md': 'Say it.',
  });
  const { shown, code } = await answer(
    desk,
    ['plugin', 'add', './p'],
    ['0\r', '7\r', 'sk-0815\r', '\r'],
    'value',
  );
  expect({ shown, code }).toMatchObject({ code: 0, shown: expect.stringContaining('it is at least 1') });
  expect(shown).toMatch(/Token \[token\]\s+Yours\s+value \(required, not shown\)/);
  expect(shown).not.toContain('sk-0815');
  expect(await desk.json('plugin', 'config', 'p')).toMatchObject({
    options: [
      { key: 'pages', value: '7' },
      { key: 'token', isSet: true, value: null },
      { key: 'place', isSet: false, value: 'Oslo' },
    ],
  });
  const left = await answer(desk, ['plugin', 'config', 'p', 'token'], ['\x03'], 'value');
  expect(left.code).toBe(2);
});

/** Runs a command on a terminal and types each time it has asked. */
function answer(
  desk: Desk,
  words: string[],
  typed: string | string[],
  question = '[y/N]',
): Promise<{ shown: string; code: number }> {
  const env = Object.fromEntries(
    Object.entries(desk.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const terminal = pty.spawn(process.execPath, [PROGRAM, ...words], {
    cwd: desk.folder,
    env,
    cols: 100,
    rows: 30,
  });
  let shown = '';
  let seen = 0;
  const lines = [typed].flat();
  return new Promise((resolve) => {
    terminal.onData((data) => {
      shown += data;
      const at = shown.indexOf(question, seen);
      if (at < 0) return;
      const line = lines.shift();
      seen = at + question.length;
      if (line !== undefined) terminal.write(line);
    });
    terminal.onExit(({ exitCode }) => resolve({ shown, code: exitCode }));
  });
}
