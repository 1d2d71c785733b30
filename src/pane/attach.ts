import type { ReadStream, WriteStream } from 'node:tty';
import { CoworkError } from '../protocol/errors.ts';
import { drawScreen } from './cells.ts';
import { type Feed, openFeed } from './feed.ts';
import { createFrames } from './frames.ts';
import { hiddenState, inputModes } from './hidden-state.ts';
import { createKeyReader, type KeyCommand, type KeyEvent } from './keys.ts';
import { assertTerminal, takeTerminal } from './local-terminal.ts';
import { createPassingNotice } from './passing-notice.ts';
import { type AttachView, banner, HELP, overlay, statusLine } from './status-line.ts';
import { type PanelKey, Talk } from './talk.ts';
import type { TeamDesk } from './team-desk.ts';
import { listenTerminal, type ViewEnd } from './terminal-events.ts';

export interface AttachOptions {
  team: TeamDesk;
  /** The agent to begin with. */
  agent: string;
  readOnly?: boolean;
  /** Wait for the first agent's pane, as for one that is being started, instead of failing when it is not there. */
  waitForFirst?: boolean;
  stdin: ReadStream;
  stdout: WriteStream;
  /** Ends the attachment from outside. */
  signal?: AbortSignal;
}

/** How it ended, and the agent that was on the screen last. */
export type AttachResult = ViewEnd & { agent: string };

/** Frames are at least this far apart, in milliseconds. */
const FRAME_MS = 16;
/** Lines to look back at after attaching. */
const SCROLLBACK = 500;
/** How long an escape may be the beginning of a longer key, in milliseconds. */
const ESCAPE_MS = 25;
/** How long the first connection may take, in milliseconds. */
const FIRST_MS = 3_000;
const NOTICE_MS = 2_000;
/** How long the status line shows what a person is needed for, in milliseconds. */
const NEEDED_MS = 15_000;

/**
 * Puts an agent's pane on the person's terminal until they detach. The screen is kept here and drawn to the terminal, so the terminal gets
 * only what this program draws; keys go to the agent as they are, but for Ctrl-] and Shift+Up/Down. When the agent or its keeper is gone
 * it says so and waits for the next incarnation. The terminal is given back as it was found.
 * Throws NOT_A_TERMINAL, and PANE_UNAVAILABLE when the first agent has no pane.
 */
export async function attach(options: AttachOptions): Promise<AttachResult> {
  const { stdin, stdout, team } = options;
  assertTerminal(stdin, stdout);
  const { promise, resolve, reject } = Promise.withResolvers<AttachResult>();
  const started = performance.now();
  const local = takeTerminal(stdin, stdout);
  const over = new AbortController();
  const view: AttachView = {
    agent: options.agent,
    readOnly: options.readOnly ?? false,
    viewer: team.viewer,
    isPrefixed: false,
    scrolledBack: 0,
    notice: undefined,
  };
  let mayFail = options.waitForFirst !== true;
  let hasHelp = false;
  let hasBell = false;
  /** First row of the agent's screen that is in view. */
  let top = 0;
  const timers: Partial<Record<'escape' | 'clock', NodeJS.Timeout | undefined>> = {};
  const frames = createFrames(paint, FRAME_MS);
  const notice = createPassingNotice(frames.schedule);
  const talk = new Talk({
    ...{ team, changed: frames.schedule },
    say: (text, isLong) => notify(text, isLong ? NEEDED_MS : NOTICE_MS),
  });
  let feed: Feed;

  const keys = createKeyReader((row) =>
    row <= paneRows() && feed.screen !== undefined ? row + top : undefined,
  );
  // In place before the listener, which may end at once.
  feed = open(options.agent);
  const listener = listenTerminal(
    { stdin, stdout, signal: options.signal },
    {
      keys: (data) => handle(keys.push(data)),
      resized: () => {
        local.invalidate();
        feed.resize(local.cols, paneRows());
        frames.draw();
      },
      ended: finish,
    },
  );
  void hearNotices();
  frames.draw();

  try {
    return await promise;
  } finally {
    over.abort();
    listener[Symbol.dispose]();
    for (const timer of Object.values(timers)) clearTimeout(timer);
    for (const part of [frames, notice, talk, feed]) part[Symbol.dispose]();
    local[Symbol.dispose]();
  }

  function finish(end: ViewEnd): void {
    over.abort();
    resolve({ ...end, agent: view.agent });
  }

  function paneRows(): number {
    return Math.max(1, local.rows - 1);
  }

  // --- the agent

  function open(agent: string): Feed {
    return openFeed({
      agent,
      socketPath: team.socketPath(agent),
      hello: () => ({
        cols: local.cols,
        rows: paneRows(),
        readOnly: view.readOnly,
        scrollback: SCROLLBACK,
        name: view.viewer,
      }),
      changed: frames.schedule,
      bell: () => {
        hasBell = true;
      },
      lost: (reason) => {
        timers.clock ??= setInterval(frames.schedule, 1_000);
        if (!mayFail || feed.wasLive || performance.now() - started <= FIRST_MS) return;
        const cause = new Error(reason);
        reject(new CoworkError('PANE_UNAVAILABLE', `The pane of ${view.agent} can't be reached.`, { cause }));
      },
    });
  }

  /** Puts another agent on the screen, chosen by place in the list (from 0). */
  function switchTo(choose: (index: number, count: number) => number): void {
    try {
      const agents = team.agents();
      const index = choose(Math.max(0, agents.indexOf(view.agent)), Math.max(1, agents.length));
      const next = agents[index];
      if (next === undefined) notify(`no agent ${index + 1}; there are ${agents.length}`);
      else if (next === view.agent) notify(`this is ${next}`);
      else show(next);
    } catch (error) {
      notify(`the agents can't be listed: ${messageOf(error)}`);
    }
  }

  function show(agent: string): void {
    feed[Symbol.dispose]();
    mayFail = false; // from now on an agent without a pane is waited for: others can be reached by keys
    Object.assign(view, { agent, scrolledBack: 0 });
    feed = open(agent);
    frames.draw();
  }

  // --- the keys

  function handle(events: KeyEvent[]): void {
    clearTimeout(timers.escape);
    for (const event of events) {
      view.isPrefixed = event.type === 'prefix';
      if (event.type === 'input') type(event.bytes);
      else if (event.type === 'agent') switchTo(() => event.number - 1);
      else if (event.type === 'command') command(event.command);
      if (over.signal.aborted) return;
    }
    if (events.length > 0) frames.schedule();
    if (keys.isHolding) timers.escape = setTimeout(() => handle(keys.flush()), ESCAPE_MS);
    else if (talk.isHolding) timers.escape = setTimeout(() => talk.type(Buffer.of()), ESCAPE_MS);
  }

  function type(bytes: Buffer): void {
    const { panel } = talk;
    if (talk.isComposing) talk.type(bytes);
    else if (panel !== undefined) {
      if (!talk.steer(bytes.toString()))
        notify(`q closes the ${PANELS[panel]}, and keys go to ${view.agent} again`);
    } else if (hasHelp || view.scrolledBack > 0) {
      hasHelp = false;
      view.scrolledBack = 0;
    } else if (view.readOnly) notify('READ-ONLY: keys are not sent');
    else send(bytes);
  }

  function send(bytes: Buffer): void {
    const sent = feed.input(bytes);
    if (sent === 'not live') notify('not live: keys are not sent');
    if (sent !== 'full') return;
    stdin.pause(); // the rest waits in the terminal, in order
    feed.drained(() => {
      if (!over.signal.aborted) stdin.resume();
    });
  }

  function command(name: KeyCommand): void {
    hasHelp = name === 'help' && !hasHelp;
    if (name !== 'broadcast' && name !== 'answer') talk.drop();
    if (name === 'detach') finish({ reason: 'detached' });
    else if (name === 'next') switchTo((index, count) => (index + 1) % count);
    else if (name === 'previous') switchTo((index, count) => (index - 1 + count) % count);
    else if (name === 'page-up') scroll(paneRows() - 1);
    else if (name === 'page-down') scroll(1 - paneRows());
    else if (name === 'tasks') talk.toggle('t');
    else if (name === 'mail') talk.toggle('m');
    else if (name === 'broadcast' || name === 'answer') compose(name);
    else if (name === 'size') changePolicy();
    else if (name === 'unknown') notify('no such command; Ctrl-] ? helps');
  }

  function scroll(lines: number): void {
    const furthest = feed.screen?.terminal.buffer.active.baseY ?? 0;
    view.scrolledBack = Math.max(0, Math.min(furthest, view.scrolledBack + lines));
    if (view.scrolledBack === 0 && lines > 0) notify('nothing above');
  }

  function changePolicy(): void {
    const next = feed.status?.policy === 'smallest' ? 'last-active' : 'smallest';
    if (view.readOnly) notify('READ-ONLY: the size stays');
    else {
      feed.setPolicy(next);
      notify(`the size follows ${next === 'smallest' ? 'the smallest viewer' : 'who was active last'}`);
    }
  }

  function compose(what: 'broadcast' | 'answer'): void {
    if (!view.readOnly) talk.begin(what);
    else {
      if (what === 'answer' && talk.panel !== 'a') talk.toggle('a');
      notify('READ-ONLY: nothing is sent');
    }
  }

  // --- words for the person

  function notify(text: string, ms = NOTICE_MS): void {
    if (over.signal.aborted) return;
    notice.say(text, ms);
  }

  async function hearNotices(): Promise<void> {
    for await (const { text } of team.notices(over.signal)) {
      local.notify(text);
      notify(text, NEEDED_MS);
    }
  }

  // --- the screen

  function paint(): void {
    view.notice = notice.text;
    const { cols } = local;
    const { screen, trouble } = feed;
    const rows = paneRows();
    const drawn =
      screen === undefined
        ? { rows: Array.from({ length: rows }, () => '\x1b[K'), cursor: undefined, top: 0 }
        : drawScreen(screen.terminal, { cols, rows, scrolledBack: view.scrolledBack });
    top = drawn.top;
    let shown = drawn.rows;
    if (trouble === undefined) clearClock();
    else shown = banner(shown, troubleText(trouble), cols);
    shown = talk.draw(shown, cols);
    if (hasHelp) shown = overlay(shown, HELP, cols);
    const isCovered = hasHelp || talk.panel !== undefined || trouble !== undefined;
    const isCursorShown = screen !== undefined && !isCovered && !hiddenState(screen.terminal).isCursorHidden;
    const line = talk.line(cols);
    local.show({
      rows: local.rows > 1 ? [...shown, line?.row ?? statusLine(view, feed, cols)] : shown,
      cursor: line === undefined ? (isCursorShown ? drawn.cursor : undefined) : { x: line.cursor, y: rows },
      modes: screen === undefined ? new Map() : inputModes(screen.terminal),
      bell: hasBell,
    });
    hasBell = false;
  }

  function clearClock(): void {
    clearInterval(timers.clock);
    timers.clock = undefined;
  }

  function troubleText({ reason, since }: { reason: string; since: number }): string {
    const seconds = Math.floor((performance.now() - since) / 1_000);
    return `${view.agent}: ${reason}. Waiting for it, ${seconds} s. Ctrl-] d leaves.`;
  }
}

const PANELS: Record<PanelKey, string> = { t: 'tasks', m: 'mail', a: 'requests' };

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
