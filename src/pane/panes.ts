import type { ReadStream, WriteStream } from 'node:tty';
import { KeySplitter } from '../text/key-splitter.ts';
import { plainText } from '../text/plain.ts';
import { fitLine, widthOf } from '../text/width.ts';
import { drawTile } from './draw-tile.ts';
import { type Feed, openFeed } from './feed.ts';
import { createFrames } from './frames.ts';
import { assertTerminal, takeTerminal } from './local-terminal.ts';
import { createPassingNotice } from './passing-notice.ts';
import { overlay } from './status-line.ts';
import { Talk } from './talk.ts';
import type { TeamDesk } from './team-desk.ts';
import { listenTerminal, type ViewEnd } from './terminal-events.ts';
import { layOut, type Tile } from './tiles.ts';

export interface PanesOptions {
  team: TeamDesk;
  /** The agent that has the focus at first. */
  focus?: string | undefined;
  stdin: ReadStream;
  stdout: WriteStream;
  signal?: AbortSignal;
}

/** `attach`: the person wants this agent's pane. */
export type PanesResult = ViewEnd | { reason: 'attach'; agent: string };

/** Frames are at least this far apart, in milliseconds: many small terminals need no more. */
const FRAME_MS = 50;
/** How often an agent's screen is sent, in milliseconds: for few agents, and for many. */
const EVERY_MS = { few: 150, many: 400 };
const FEW = 4;
/** How often the roster and the lines for tasks and mail are read anew, in milliseconds. */
const LOOK_MS = 1_000;
/** How long an escape may be the beginning of a longer key, in milliseconds. */
const ESCAPE_MS = 25;
const NOTICE_MS = 15_000;
/** Rows below the tiles: tasks, mail, keys. */
const FOOTER_ROWS = 3;

const HELP = [
  'Arrows, Tab, 1 … 9   move the focus',
  'Enter                attach to the agent; Ctrl-] d comes back',
  'PgUp, PgDn           other agents, where not all have room',
  't / m                tasks / mail',
  'a                    what is asked of you, and answer',
  'b                    a message to everybody',
  'q                    leave; the team goes on',
];

/**
 * Shows all agents of a team side by side, live, until the person leaves or chooses one. It watches only: the size of an agent's terminal does
 * not follow it. Throws NOT_A_TERMINAL.
 */
export async function panes(options: PanesOptions): Promise<PanesResult> {
  const { stdin, stdout, team } = options;
  assertTerminal(stdin, stdout);
  const { promise, resolve } = Promise.withResolvers<PanesResult>();
  const local = takeTerminal(stdin, stdout);
  const over = new AbortController();
  const feeds = new Map<string, Feed>();
  const keys = new KeySplitter();
  let agents: string[] = [];
  let focus = options.focus ?? '';
  let summary = { tasks: '', mail: '' };
  let hasHelp = false;
  const timers: Partial<Record<'escape' | 'look', NodeJS.Timeout | undefined>> = {};
  const frames = createFrames(paint, FRAME_MS);
  const notice = createPassingNotice(frames.schedule);
  const talk = new Talk({ team, changed: frames.schedule, say });

  const listener = listenTerminal(
    { stdin, stdout, signal: options.signal },
    {
      keys: press,
      resized: () => {
        local.invalidate();
        frames.draw();
      },
      ended: finish,
    },
  );
  void look();
  void hearNotices();

  try {
    return await promise;
  } finally {
    over.abort();
    listener[Symbol.dispose]();
    for (const timer of Object.values(timers)) clearTimeout(timer);
    for (const part of [frames, notice, talk, ...feeds.values()]) part[Symbol.dispose]();
    local[Symbol.dispose]();
  }

  function finish(result: PanesResult): void {
    over.abort();
    resolve(result);
  }

  // --- the team

  /** Reads what is not pushed, and comes again. */
  async function look(): Promise<void> {
    try {
      keepFeeds(team.agents());
      const [tasks, mail] = await Promise.all([team.taskCounts(), team.mail()]);
      summary = { tasks, mail: mail.at(-1) ?? '' };
    } catch (error) {
      summary = {
        tasks: `The team can't be read: ${error instanceof Error ? error.message : String(error)}`,
        mail: '',
      };
    }
    if (over.signal.aborted) return;
    frames.schedule();
    timers.look = setTimeout(look, LOOK_MS);
  }

  /** One feed for each agent that is there, none for others. */
  function keepFeeds(names: string[]): void {
    agents = names;
    if (!agents.includes(focus)) focus = agents[0] ?? '';
    for (const [name, feed] of feeds) {
      if (names.includes(name)) continue;
      feed[Symbol.dispose]();
      feeds.delete(name);
    }
    const everyMs = names.length <= FEW ? EVERY_MS.few : EVERY_MS.many;
    for (const agent of names) {
      if (feeds.has(agent)) continue;
      const hello = () => ({ readOnly: true, scrollback: 0, name: team.viewer, everyMs });
      feeds.set(
        agent,
        openFeed({ agent, socketPath: team.socketPath(agent), hello, changed: frames.schedule }),
      );
    }
  }

  async function hearNotices(): Promise<void> {
    for await (const { text } of team.notices(over.signal)) {
      local.notify(text);
      say(text);
    }
  }

  function say(text: string): void {
    if (over.signal.aborted) return;
    notice.say(text, NOTICE_MS);
  }

  // --- the keys

  function press(data: Buffer): void {
    clearTimeout(timers.escape);
    const isLate = data.length === 0;
    if (talk.isComposing) talk.type(data);
    else for (const key of isLate ? keys.flush() : keys.push(data)) take(key);
    if (talk.isComposing ? talk.isHolding : keys.isHolding)
      timers.escape = setTimeout(() => press(Buffer.of()), ESCAPE_MS);
    frames.schedule();
  }

  /** One key; one before it may have begun a message. */
  function take(key: string): void {
    if (talk.isComposing) talk.type(Buffer.from(key));
    else command(key);
  }

  function command(key: string): void {
    if (hasHelp) hasHelp = false;
    else if (talk.panel !== undefined && talk.steer(key)) return;
    else if (key === 'q' || key === '\x03' || key === '\x1d') finish({ reason: 'detached' });
    else if (key === '\r' && focus !== '') finish({ reason: 'attach', agent: focus });
    else if (key === 't') talk.toggle('t');
    else if (key === 'm') talk.toggle('m');
    else if (key === 'b') talk.begin('broadcast');
    else if (key === 'a') talk.begin('answer');
    else if (key === '?') hasHelp = true;
    else if (/^[1-9]$/.test(key)) focus = agents[Number(key) - 1] ?? focus;
    else move(key);
  }

  /** Moves the focus to the neighbour in the direction of the arrow, or by one or a page in the order of the agents. */
  function move(key: string): void {
    const { tiles, first } = placed();
    const at = agents.indexOf(focus);
    const by = { '\t': 1, '\x1b[Z': -1, '\x1b[5~': -tiles.length, '\x1b[6~': tiles.length }[key];
    const side = SIDES[key.replace('\x1bO', '\x1b[')];
    if (by !== undefined) focus = agents[Math.max(0, Math.min(agents.length - 1, at + by))] ?? focus;
    else if (side !== undefined) focus = agents[first + neighbour(tiles, at - first, side)] ?? focus;
  }

  // --- the screen

  /** The tiles of the page with the focus, and the place of its first agent among all. */
  function placed(): { tiles: Tile[]; first: number } {
    const area = { cols: local.cols, rows: Math.max(1, local.rows - FOOTER_ROWS) };
    const perPage = layOut(agents.length, area).length;
    const first = Math.floor(Math.max(0, agents.indexOf(focus)) / perPage) * perPage;
    return { tiles: layOut(Math.min(perPage, agents.length - first), area), first };
  }

  function paint(): void {
    const { cols } = local;
    const { tiles, first } = placed();
    const area = Array.from({ length: Math.max(1, local.rows - FOOTER_ROWS) }, () => '');
    tiles.forEach((tile, index) => {
      const feed = feeds.get(agents[first + index] ?? '');
      if (feed === undefined) return;
      drawTile(feed, tile, feed.agent === focus, first + index + 1).forEach((row, y) => {
        area[tile.y + y] += `\x1b[${tile.x + 1}G${row}`;
      });
    });
    let shown = area.map((row) => `\x1b[K${row}`);
    shown = talk.draw(shown, cols);
    if (hasHelp) shown = overlay(shown, HELP, cols);
    const line = talk.line(cols);
    const footer = [
      `\x1b[0m${fitLine(` Tasks: ${plainText(summary.tasks)}`, cols)}`,
      `\x1b[0m${fitLine(` Mail: ${plainText(summary.mail)}`, cols)}`,
      line?.row ?? keysRow(cols, first, tiles.length),
    ];
    local.show({
      rows: [...shown, ...footer].slice(-local.rows),
      cursor: line === undefined ? undefined : { x: line.cursor, y: local.rows - 1 },
      modes: new Map(),
      bell: false,
    });
  }

  function keysRow(cols: number, first: number, count: number): string {
    const page = count < agents.length ? `${first + 1}-${first + count} of ${agents.length} · ` : '';
    const right =
      notice.text === undefined
        ? `${page}arrows move · Enter attaches · t m a b · ? help · q leaves `
        : `${plainText(notice.text)} `;
    const left = ` ${focus}`;
    const room = cols - widthOf(right);
    const text = room > widthOf(left) ? fitLine(left, room) + right : ` ${right}`;
    return `\x1b[0;7m${fitLine(text, cols)}\x1b[m`;
  }
}

type Side = 'left' | 'right' | 'up' | 'down';

const SIDES: Partial<Record<string, Side>> = {
  '\x1b[D': 'left',
  '\x1b[C': 'right',
  '\x1b[A': 'up',
  '\x1b[B': 'down',
};

/** The tile that lies nearest beside the one at `from`; `from` itself when there is none. */
function neighbour(tiles: readonly Tile[], from: number, side: Side): number {
  const here = tiles[from];
  if (here === undefined) return from;
  const isBeside = (tile: Tile): boolean =>
    side === 'left' || side === 'right'
      ? tile.y === here.y && (side === 'left' ? tile.x < here.x : tile.x > here.x)
      : side === 'up'
        ? tile.y < here.y
        : tile.y > here.y;
  const distance = (tile: Tile): number =>
    Math.abs(tile.y - here.y) * 1_000 + Math.abs(tile.x + tile.cols / 2 - here.x - here.cols / 2);
  const beside = tiles.map((tile, index) => ({ tile, index })).filter(({ tile }) => isBeside(tile));
  beside.sort((a, b) => distance(a.tile) - distance(b.tile));
  return beside[0]?.index ?? from;
}
