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

/** Runs a command on a terminal and types once it has asked. */
function answer(desk: Desk, words: string[], typed: string): Promise<{ shown: string; code: number }> {
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
  let isTyped = false;
  return new Promise((resolve) => {
    terminal.onData((data) => {
      shown += data;
      if (isTyped || !shown.includes('[y/N]')) return;
      isTyped = true;
      terminal.write(typed);
    });
    terminal.onExit(({ exitCode }) => resolve({ shown, code: exitCode }));
  });
}
