import { expect, test } from 'vitest';
import { drawTile } from '../../src/pane/draw-tile.ts';
import type { Feed } from '../../src/pane/feed.ts';
import { widthOf } from '../../src/text/width.ts';

const ANSI = /\x1b\[[0-9;]*m/g;
const status = { agent: 'ada', state: 'working', task: 't1', tokens: { input: 1, output: 1 }, unread: 2 };

/** A feed of which only what a title shows is there. */
const feed = (over: object): Feed =>
  ({ agent: 'ada', status: { status: { ...status, ...over } } }) as unknown as Feed;
const tile = { x: 0, y: 0, cols: 40, rows: 1 };

test('the title of a tile names agent, state and task, and the name has the colour of its definition', () => {
  const [plain = ''] = drawTile(feed({}), tile, false, 1);
  const [pink = ''] = drawTile(feed({ color: 'pink' }), tile, false, 1);
  const [focused = ''] = drawTile(feed({ color: 'pink' }), tile, true, 1);
  for (const title of [plain, pink, focused]) {
    expect(title.replaceAll(ANSI, '')).toMatch(/^ 1 ada · working · t1 · 2 unread /);
    expect(widthOf(title.replaceAll(ANSI, ''))).toBe(40);
  }
  expect(plain).toContain('\x1b[0;32m 1 ada');
  expect(pink).toContain('\x1b[0;38;5;205m 1 ada\x1b[0;32m · working');
  expect(focused).toContain('\x1b[0;1;7;38;5;205m 1 ada');
});

test('a color that is none is shown as none, also when it would steer the terminal', () => {
  for (const color of ['\x1b[2J', '1;5', 'constructor', '__proto__'])
    expect(drawTile(feed({ color }), tile, false, 1)).toEqual(drawTile(feed({}), tile, false, 1));
});
