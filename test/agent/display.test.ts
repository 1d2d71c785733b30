import { expect, test } from 'vitest';
import { Display } from '../../src/agent/display.ts';
import { Screen } from '../../src/agent/screen.ts';
import { createScreen } from '../../src/pane/screen.ts';
import { NO_EXTENSIONS } from '../../src/protocol/extensions.ts';
import type { Welcome } from '../../src/protocol/gate.ts';
import { screenRows } from '../pane/support.ts';

const welcome: Welcome = {
  team: 'mail',
  name: 'ada',
  role: 'teammate',
  incarnation: 1,
  job: 'Sort the mails\nby month',
  prompt: '',
  model: 'some-model',
  grants: [
    { name: 'mails', path: '/grants/mails', mode: 'rw', failed: null },
    { name: 'gone', path: '/grants/gone', mode: 'ro', failed: 'it is not there any more' },
  ],
  roster: [],
  allowHosts: [],
  mayUse: null,
  replies: {},
  workspace: '/workspace',
  sandbox: 'vm',
  tools: [],
  extensions: NO_EXTENSIONS,
  rehearsal: null,
  maxTurns: 10,
  now: 0,
  cols: 80,
  rows: 24,
  resumes: false,
  needsPlan: false,
  contextTokens: 200_000,
  instructions: [],
  memory: '',
  agents: [],
};

function onTerminal({ cols = 80, hasColour = true } = {}, over: Partial<Welcome> = {}) {
  const terminal = createScreen({ cols, rows: 40 });
  let raw = '';
  const screen = new Screen({
    write: (text) => {
      raw += text;
      terminal.write(text);
    },
    columns: () => cols,
    hasColour,
    soon: (draw) => draw(),
  });
  const display = new Display(screen, { ...welcome, ...over });
  const shown = async (): Promise<string[]> => {
    await terminal.settled();
    const rows = screenRows(terminal).map((row) => row.trimEnd());
    return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1);
  };
  const call = (name: string, input: unknown, content: string, isError = false): void => {
    display.toolStarted('1', name, input);
    display.toolEnded({
      type: 'tool_result',
      tool_use_id: '1',
      content,
      ...(isError ? { is_error: true } : {}),
    });
  };
  return { display, shown, call, raw: () => raw };
}

test('the header says who works for whom on what, and which grant is not there', async () => {
  const { display, shown } = onTerminal();
  display.header();
  display.state('idle', 'ready');
  expect(await shown()).toEqual([
    'ada · teammate of mail · some-model',
    'Sort the mails',
    '/grants/mails (rw)',
    '/grants/gone: not available, it is not there any more',
    'Type to tell this agent something; Esc interrupts it; /help.',
    '',
    expect.stringMatching(/^○ idle · ready {10,}ada · 0 in 0 out$/),
    '›',
  ]);
});

test('the name has the colour of its definition', async () => {
  for (const [color, sgr] of [
    [undefined, '1;35'],
    ['cyan', '1;36'],
    ['orange', '1;38;5;208'],
  ] as const) {
    const { display, shown, raw } = onTerminal({}, color === undefined ? {} : { color });
    display.header();
    await shown();
    expect(raw()).toContain(`\x1b[${sgr}mada\x1b[`);
  }
});

test('a tool call is one row with outcome and time, at any width', async () => {
  for (const cols of [40, 80, 120]) {
    const { call, shown } = onTerminal({ cols });
    call('bash', { command: `ls -l /grants/${'deep/'.repeat(30)}` }, 'a\nb\nlast line');
    const [row = '', ...rest] = await shown();
    expect(row).toMatch(/^✓ bash {2}ls -l.*… {2}\d+\.\d s {2}3 lines/);
    expect(row.length).toBeLessThan(cols);
    expect(rest).toHaveLength(2);
  }
});

test('an error is shown with its last lines, a change of a file with what was changed', async () => {
  const { call, shown, raw } = onTerminal();
  call('bash', { command: 'make' }, `${'noise\n'.repeat(50)}error: no rule`, true);
  call('edit', { file_path: 'a.ts', old_string: 'same\nold\nend', new_string: 'same\nnew\nmore\nend' }, 'ok');
  const rows = await shown();
  expect(rows[0]).toBe('✗ bash  make  0.0 s');
  expect(rows).toContain('    error: no rule');
  expect(rows).toContain('    … 47 lines before');
  expect(rows.slice(6, 10)).toEqual(['✓ edit  a.ts  0.0 s  ok', '    - old', '    + new', '    + more']);
  expect(raw()).toContain('\x1b[31m    - old');
});

test('Ctrl-O shows the last call in full, again the one before it, bounded', async () => {
  const { display, call, shown } = onTerminal();
  display.detail();
  expect((await shown())[0]).toBe('No tool call yet.');
  call('bash', { command: 'first' }, 'one');
  call('bash', { command: 'second' }, 'x\n'.repeat(5_000));
  display.detail();
  expect((await shown()).join('\n')).toContain('more lines');
  display.detail();
  expect((await shown()).join('\n')).toMatch(/─── bash \(1 of 2\)[\s\S]*"command": "first"[\s\S]*one/);
});

test('the state row says what is done at this moment and for how long, and nothing that is over', async () => {
  const { display, shown } = onTerminal();
  display.state('working', '');
  display.task('t7');
  expect((await shown()).at(-2)).toMatch(/^● working t7 · thinks/);
  display.toolStarted('1', 'bash', { command: 'sleep 1' });
  expect((await shown()).at(-2)).toMatch(/^● working t7 · bash {2}sleep 1/);
  display.toolEnded({ type: 'tool_result', tool_use_id: '1', content: '' });
  display.text('I ');
  expect((await shown()).at(-2)).toMatch(/^● working t7 · writes/);
  display.replied({
    input: 1_000,
    output: 20,
    cacheRead: 500,
    cacheWrite: 0,
  });
  display.state('idle', '');
  expect((await shown()).at(-2)).toMatch(/^○ idle +ada · 1\.5k in 20 out$/);
});

test('mail names its sender once and keeps its lines, without colour too', async () => {
  const { display, shown, raw } = onTerminal({ cols: 40, hasColour: false });
  display.entered([{ who: 'ben', text: 'First line that is rather long for forty columns.\nSecond.' }]);
  expect(await shown()).toEqual([
    '« ben First line that is rather long',
    '  for forty columns.',
    '  Second.',
    '',
    '›',
  ]);
  expect(raw()).not.toMatch(/\x1b\[[0-9;]*3\d/);
  expect(raw()).toContain('\x1b[1mben');
});
