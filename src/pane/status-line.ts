import { plainText } from '../text/plain.ts';
import { fitLine, widthOf } from '../text/width.ts';
import type { Feed } from './feed.ts';
import type { PaneMessage } from './wire.ts';

/** What the status line shows besides the agent itself. */
export interface AttachView {
  agent: string;
  readOnly: boolean;
  /** How this viewer calls itself. */
  viewer: string;
  /** The prefix was typed and waits for its key. */
  isPrefixed: boolean;
  /** Lines scrolled back. */
  scrolledBack: number;
  /** A short answer to the last key, such as `no agent 7`, or what a person is needed for. */
  notice: string | undefined;
}

/** The bottom row: who, in what state, at which task, what it used, what it has not read, who else looks. `cols` cells wide. */
export function statusLine(
  view: AttachView,
  feed: Pick<Feed, 'status' | 'trouble' | 'screen'>,
  cols: number,
): string {
  const { status, trouble } = feed;
  const parts = [view.agent];
  if (trouble !== undefined) parts.push('not live');
  else if (status === undefined) parts.push('connecting');
  else parts.push(...statusParts(status), ...watchers(view, feed));
  const left = ` ${parts.map((part) => plainText(part)).join(' · ')}`;
  const right = ` ${rightSide(view)} `;
  const room = Math.max(0, cols - widthOf(right));
  const line =
    room > 8 ? fitLine(left, room) + right : view.notice === undefined && !view.isPrefixed ? left : right;
  return `\x1b[0;7m${fitLine(line, cols)}\x1b[m`;
}

function statusParts({ status }: PaneMessage & { type: 'status' }): string[] {
  const { state, task, tokens, unread, note } = status;
  return [
    state,
    ...(task === null ? [] : [task]),
    `${short(tokens.input)} in ${short(tokens.output)} out`,
    ...(unread > 0 ? [`${unread} unread`] : []),
    ...(note === undefined || note === '' ? [] : [note]),
  ];
}

/** Who else looks, and whose size holds. */
function watchers(view: AttachView, { status, screen }: Pick<Feed, 'status' | 'screen'>): string[] {
  if (status === undefined || status.viewers < 2) return [];
  const others = [...status.names];
  const own = others.indexOf(view.viewer);
  if (own >= 0) others.splice(own, 1);
  const names = others.length === 0 || others.length > 2 ? '' : ` (${others.join(', ')})`;
  const size = screen === undefined ? '' : `${screen.terminal.cols}x${screen.terminal.rows} `;
  return [
    `${status.viewers} watching${names}`,
    `${size}${status.policy === 'smallest' ? 'smallest' : 'last active'}`,
  ];
}

/** What a person types in the bottom row: words to everybody, or the answer to a request. */
export type Composed = 'broadcast' | 'answer';

/** The bottom row while something is typed, and the column of the cursor in it. */
export function composeLine(
  { text, cursor }: { text: string; cursor: number },
  what: Composed,
  cols: number,
): { row: string; cursor: number } {
  const lead = what === 'answer' ? ' answer › ' : ' to everybody › ';
  const room = Math.max(1, cols - widthOf(lead) - 2);
  const shown = plainText(text.replaceAll('\n', '↵'));
  let before = plainText(text.slice(0, cursor).replaceAll('\n', '↵'));
  const whole = before.length;
  while (widthOf(before) > room) before = before.slice(1);
  const row = lead + shown.slice(whole - before.length);
  return { row: `\x1b[0;1;7m${fitLine(row, cols)}\x1b[m`, cursor: widthOf(lead + before) };
}

function rightSide(view: AttachView): string {
  if (view.isPrefixed)
    return 'Ctrl-] then: d detach  n p 1-9 agent  t tasks  m mail  a answer  b broadcast  ? help';
  if (view.notice !== undefined) return plainText(view.notice);
  if (view.scrolledBack > 0) return `${view.scrolledBack} lines back, any key returns`;
  return view.readOnly ? 'READ-ONLY  Ctrl-] ? help' : 'Ctrl-] ? help';
}

/** The help that lies over the pane. */
export const HELP = [
  'What you type goes to this agent, as your word.',
  '',
  'Ctrl-] d              detach; the agent goes on',
  'Ctrl-] n / p          next / previous agent',
  'Shift+Down / Shift+Up the same',
  'Ctrl-] 1 … 9          agent by number',
  'Ctrl-] t / m          tasks / mail above the pane',
  'Ctrl-] a              what is asked of you, and answer',
  'Ctrl-] b              a message to everybody',
  'Ctrl-] s              size: smallest or last active viewer',
  'Ctrl-] PgUp / PgDn    look back / forward',
  'Ctrl-] Ctrl-]         send Ctrl-] to the agent',
  'Ctrl-] ?              this help',
  '',
  'Any key closes it.',
];

/** Lays `lines` in a box over the middle of `rows`. */
export function overlay(rows: string[], lines: string[], cols: number): string[] {
  const inner = Math.min(cols - 4, Math.max(...lines.map(widthOf)));
  if (inner < 1) return rows;
  const top = Math.max(0, Math.floor((rows.length - lines.length - 2) / 2));
  const left = Math.max(0, Math.floor((cols - inner - 4) / 2));
  const box = ['', ...lines, ''].map((line) => `\x1b[${left + 1}G\x1b[0;7m  ${fitLine(line, inner)}  \x1b[m`);
  return rows.map((row, y) => row + (box[y - top] ?? ''));
}

/** Puts one line of words over the last of `rows`. */
export function banner(rows: string[], text: string, cols: number): string[] {
  const line = `\x1b[0;1;7m${fitLine(` ${plainText(text)} `, cols)}\x1b[m`;
  return [...rows.slice(0, -1), line];
}

/** 950, 12.3k, 4.5M. */
function short(count: number): string {
  if (count < 1_000) return String(count);
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}
