import { plainText } from '../protocol/plain.ts';
import { fitLine, widthOf } from '../protocol/width.ts';
import type { PaneMessage } from './wire.ts';

/** What the status line and the overlays of an attached terminal are made from. */
export interface AttachView {
  agent: string;
  readOnly: boolean;
  /** The pane's last word on agent, viewers and policy. */
  status: (PaneMessage & { type: 'status' }) | undefined;
  /** The agent's screen, in cells. */
  size: { cols: number; rows: number } | undefined;
  /** What is wrong, in words; undefined while the pane is live. */
  trouble: string | undefined;
  /** The prefix was typed and waits for its key. */
  isPrefixed: boolean;
  /** Lines scrolled back. */
  scrolledBack: number;
  /** A short answer to the last key, such as `no agent 7`. */
  notice: string | undefined;
}

/** The bottom row: who, in what state, at which task, what it used, what it has not read, who else looks. `cols` cells wide. */
export function statusLine(view: AttachView, cols: number): string {
  const { status } = view;
  const parts = [view.agent];
  if (view.trouble !== undefined) parts.push('not live');
  else if (status !== undefined) {
    parts.push(status.status.state);
    if (status.status.task !== null) parts.push(status.status.task);
    parts.push(`${short(status.status.tokens.input)} in ${short(status.status.tokens.output)} out`);
    if (status.status.unread > 0) parts.push(`${status.status.unread} unread`);
    if (status.viewers > 1) parts.push(`${status.viewers} watching`);
    if (status.status.note !== undefined) parts.push(status.status.note);
    if (view.size !== undefined && status.viewers > 1) {
      parts.push(
        `${view.size.cols}x${view.size.rows} ${status.policy === 'smallest' ? 'smallest' : 'last active'}`,
      );
    }
  } else parts.push('connecting');
  const left = ` ${parts.map((part) => plainText(part)).join(' · ')}`;
  const right = ` ${rightSide(view)} `;
  const room = Math.max(0, cols - widthOf(right));
  return `\x1b[0;7m${fitLine(room > 8 ? fitLine(left, room) + right : left, cols)}\x1b[m`;
}

function rightSide(view: AttachView): string {
  if (view.isPrefixed) return 'Ctrl-] then: d detach  n p 1-9 agent  PgUp back  ? help';
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
