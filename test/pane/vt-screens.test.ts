import { describe, expect, onTestFinished, test } from 'vitest';
import { drawScreen } from '../../src/pane/cells.ts';
import { createFilter } from '../../src/pane/filter.ts';
import { createScreen, type Screen } from '../../src/pane/screen.ts';
import { screenImage } from './support.ts';

const E = '\x1b';
const at = (row: number, column: number): string => `${E}[${row};${column}H`;
const lines = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i + 1)).join('');

/** What the menus of vttest put on a terminal, in our own words: what full-screen programs rely on. */
const SCREENS: [string, string][] = [
  [
    'a frame of E around the screen, drawn by cursor movements and cut by erasing',
    `${E}#8${at(9, 10)}${E}[1J${at(18, 60)}${E}[J${at(9, 10)}${E}[0K${lines(8, (i) => `${at(9 + i, 10)}${E}[1K${at(9 + i, 71)}${E}[K`)}${at(10, 30)}inside`,
  ],
  [
    'wrapping at the margin, with and without automatic wrap',
    `${at(5, 76)}wrapped around${E}[?7l${at(8, 76)}not wrapped around${E}[?7h${at(10, 80)}x\b\by`,
  ],
  [
    'controls inside of sequences act at once',
    `A ${E}[2\bCB${E}[\r2CC${E}[1\x0bA D ${at(3, 1)}A ${E}[1\x0bAE`,
  ],
  [
    'scrolling within margins, forward and back, with origin mode',
    `${E}[8;14r${E}[?6h${lines(20, (i) => `${at(1, 1)}${E}Mback ${i}`)}${lines(12, (i) => `${at(7, 1)}forth ${i}\n`)}${E}[?6l${E}[r${at(20, 1)}outside`,
  ],
  [
    'inserting and deleting characters and lines',
    `${lines(24, (i) => `${at(i, 1)}${String.fromCharCode(64 + i).repeat(80)}`)}${at(2, 1)}${E}[4L${at(12, 1)}${E}[3M${at(20, 10)}${E}[10@${at(21, 10)}${E}[20P${at(22, 5)}${E}[4h123${E}[4l4${at(23, 1)}${E}[12X`,
  ],
  [
    'tabs that were set and taken away',
    `${E}[3g${lines(26, (i) => `${at(1, i * 3)}${E}H`)}${at(1, 1)}${lines(13, () => '\t*')}${at(2, 1)}${lines(26, () => '\t*')}${at(1, 9)}${E}[g${at(3, 1)}\t\t\t.${E}[2Z,`,
  ],
  [
    'every weight and colour, and their end',
    `${lines(9, (i) => `${at(i, 5)}${E}[${i}mstyle ${i}${E}[m after`)}${lines(16, (i) => `${at(12, i * 4)}${E}[38;5;${15 + i};48;5;${232 + i};9${i % 8}m##`)}${E}[0;38;2;10;200;30;4m true${E}[0m`,
  ],
  [
    'line drawing and other character sets',
    `${at(2, 2)}${E}(0lqqqk${at(3, 2)}x   x${at(4, 2)}mqqqj${E}(B lqk ${E})0\x0elqk\x0f lqk${E}(Apound #${E}(B`,
  ],
  [
    'saving and restoring the cursor with its style and character set',
    `${at(5, 5)}${E}[1;31m${E}(0${E}7${E}[m${E}(B${at(20, 20)}elsewhere${E}8qqq${at(1, 1)}${E}[s${at(9, 9)}${E}[ufirst`,
  ],
  [
    'the other screen and back',
    `first${E}[?1049h${at(10, 10)}second${E}[?1049l more${E}[?47hthird${E}[?47l end`,
  ],
];

describe('a screen as vttest draws it passes the filter unchanged, and a viewer draws it cell by cell:', () => {
  test.each(SCREENS)('%s', async (name, drawing) => {
    const passed = createFilter().push(Buffer.from(drawing));
    // A control inside of a sequence comes out before it, which is when it acts.
    if (!name.startsWith('controls')) expect(passed).toBe(drawing);
    const original = await screenOf(drawing);
    expect(screenImage(await screenOf(passed))).toEqual(screenImage(original));
    const { rows } = drawScreen(original.terminal, { cols: 80, rows: 24, scrolledBack: 0 });
    const viewed = await screenOf(`${E}[?7l${rows.map((row, y) => at(y + 1, 1) + row).join('')}`);
    expect(screenImage(viewed)).toEqual(screenImage(original));
  });
});

async function screenOf(drawing: string): Promise<Screen> {
  const screen = createScreen({ cols: 80, rows: 24 });
  onTestFinished(() => screen.dispose());
  screen.write(drawing);
  await screen.settled();
  return screen;
}

test('the same with hostile sequences between all characters shows the same', async () => {
  const hostile = [
    '\x1b]52;c;eA==\x07',
    '\x1b[6n',
    '\x1b]0;title\x1b\\',
    '\x1bP$q"p\x1b\\',
    '\x1b[21t',
    '\x1b_x\x1b\\',
    '\x05',
    '\x1b[?1337h',
  ];
  for (const [, drawing] of SCREENS) {
    // Not inside of a sequence, where they would end it.
    const parts = drawing.match(/\x1b\[[\d;?\x08\x0d\x0b]*[A-Za-z@]|\x1b[#()]?.|[^\x1b]/gs) ?? [];
    const mixed = parts.map((part, i) => part + (hostile[i % hostile.length] ?? '')).join('');
    expect(createFilter().push(Buffer.from(mixed))).toBe(createFilter().push(Buffer.from(drawing)));
  }
});
