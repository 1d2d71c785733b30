import { sgrOf } from '../text/colors.ts';
import { plainText } from '../text/plain.ts';
import { cutLine, fitLine, widthOf } from '../text/width.ts';
import { drawRow } from './cells.ts';
import type { Feed } from './feed.ts';
import type { Tile } from './tiles.ts';

/** An agent in a tile: a title with state and task, and below it the end of its screen. Each row is exactly as wide as the tile. */
export function drawTile(feed: Feed, tile: Tile, isFocused: boolean, number: number): string[] {
  return [title(feed, tile.cols, isFocused, number), ...screenRows(feed, tile)];
}

function title({ agent, status, trouble }: Feed, cols: number, isFocused: boolean, number: number): string {
  const state = trouble !== undefined ? 'not live' : (status?.status.state ?? 'connecting');
  const task = status?.status.task ?? null;
  const unread = status?.status.unread ?? 0;
  const parts = [state, ...(task === null ? [] : [task]), ...(unread > 0 ? [`${unread} unread`] : [])];
  const name = ` ${number <= 9 ? `${number} ` : ''}${plainText(agent)}`;
  const text = `${name}${plainText(parts.map((part) => ` · ${part}`).join(''))} `;
  const colour = sgrOf(status?.status.color);
  if (isFocused) {
    return `\x1b[0;1;7${colour === undefined ? '' : `;${colour}`}m${fitLine(text, cols)}\x1b[m`;
  }
  const line = cutLine(text, cols);
  const tone = STATE_TONES[state] ?? '2';
  const [own, rest] = [line.slice(0, name.length), line.slice(name.length)];
  return `\x1b[0;${colour ?? tone}m${own}\x1b[0;${tone}m${rest}\x1b[0;2m${'─'.repeat(Math.max(0, cols - widthOf(line)))}\x1b[m`;
}

const STATE_TONES: Partial<Record<string, string>> = {
  working: '32',
  waiting: '33',
  failed: '31',
  'not live': '31',
};

/** The last rows of the agent's screen that have something on them. */
function screenRows({ screen, trouble }: Feed, tile: Tile): string[] {
  const { cols } = tile;
  const rows = tile.rows - 1;
  if (screen === undefined) {
    return Array.from({ length: rows }, (_, y) => fitLine(y === 0 ? ` ${trouble?.reason ?? ''}` : '', cols));
  }
  const { active } = screen.terminal.buffer;
  const cell = active.getNullCell();
  let last = screen.terminal.rows - 1;
  while (last > 0 && active.getLine(active.baseY + last)?.translateToString(true) === '') last--;
  const first = Math.max(0, last - rows + 1);
  return Array.from({ length: rows }, (_, y) => {
    const line = first + y <= last ? active.getLine(active.baseY + first + y) : undefined;
    return drawRow(line, cols, cell, tile.x);
  });
}
