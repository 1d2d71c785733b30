import { expect, test } from 'vitest';
import { Screen } from '../../src/agent/screen.ts';
import { span } from '../../src/agent/spans.ts';
import { createScreen } from '../../src/pane/screen.ts';
import { screenRows } from '../pane/support.ts';

/** The agent's screen on a terminal of so many columns. */
function onTerminal(cols: number, rows = 12) {
  const display = createScreen({ cols, rows });
  let width = cols;
  const screen = new Screen({
    write: (text) => display.write(text),
    columns: () => width,
    hasColour: true,
    soon: (draw) => draw(),
  });
  const shown = async (): Promise<string[]> => {
    await display.settled();
    const lines = screenRows(display).map((line) => line.trimEnd());
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  };
  const resize = async (to: number): Promise<void> => {
    await display.settled();
    width = to;
    display.resize(to, rows);
    screen.resized();
  };
  return { screen, shown, resize };
}

test('lines scroll above a footer of state and prompt, which is drawn once', async () => {
  const { screen, shown } = onTerminal(40);
  screen.print('one');
  screen.status([span('ada · idle')]);
  screen.print('two');
  screen.typed('hel');
  screen.typed('hello');
  screen.print('three');
  expect(await shown()).toEqual(['one', 'two', 'three', 'ada · idle', '› hello']);
});

test('streamed text stands above the footer and is there once when its line is done', async () => {
  const { screen, shown } = onTerminal(40);
  screen.status([span('state')]);
  for (const delta of ['I am ', 'thin', 'king.\nSecond ', 'line']) screen.stream(delta);
  expect(await shown()).toEqual(['I am thinking.', 'Second line', 'state', '›']);
  screen.print('A tool.');
  expect(await shown()).toEqual(['I am thinking.', 'Second line', 'A tool.', 'state', '›']);
});

test('a long streamed line keeps all its words when it scrolls away', async () => {
  const { screen, shown } = onTerminal(20, 24);
  const words = Array.from({ length: 30 }, (_, i) => `w${i}`);
  for (const word of words) screen.stream(`${word} `);
  screen.stream('\n');
  const text = (await shown())
    .slice(0, -2)
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  expect(text).toEqual(words);
});

test('making the terminal narrower and wider again leaves no remains of the footer', async () => {
  const { screen, shown, resize } = onTerminal(60);
  screen.print('first');
  screen.status([span(`state ${'x'.repeat(45)}`)]);
  screen.typed('typed');
  for (const width of [30, 80, 20, 60]) {
    await resize(width);
    const lines = await shown();
    expect(lines.filter((line) => line.startsWith('state'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('›'))).toHaveLength(1);
    expect(lines[0]).toBe('first');
  }
});

test('wide characters at the edge neither wrap the footer nor leave halves', async () => {
  const { screen, shown } = onTerminal(21);
  screen.status([span('日本語'.repeat(10))]);
  screen.typed('中文'.repeat(20));
  screen.print('行'.repeat(25));
  screen.typed('');
  const lines = await shown();
  expect(lines.slice(0, -2).join('')).toBe('行'.repeat(25));
  expect(lines.at(-1)).toBe('›');
  expect(lines.at(-2)).toMatch(/^(日本語)+.*…$/);
});

test('control sequences in what an agent reads are shown, not obeyed', async () => {
  const { screen, shown } = onTerminal(60);
  screen.status([span('state')]);
  screen.print('a\x1b[2J\x1b]52;c;Zm9v\x07b\rc\x9b31md');
  expect(await shown()).toEqual(['a·[2J·]52;c;Zm9v·b·c·31md', 'state', '›']);
});
