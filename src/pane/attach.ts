import type { ReadStream, WriteStream } from 'node:tty';
import { CoworkError } from '../protocol/errors.ts';
import { drawScreen } from './cells.ts';
import { connectPane, type PaneConnection } from './connection.ts';
import { hiddenState, inputModes } from './hidden-state.ts';
import { createKeyReader, type KeyCommand, type KeyEvent } from './keys.ts';
import { assertTerminal, takeTerminal } from './local-terminal.ts';
import { createScreen, type Screen } from './screen.ts';
import { type AttachView, banner, HELP, overlay, statusLine } from './status-line.ts';
import type { PaneMessage } from './wire.ts';

export interface AttachOptions {
  /** The agent to begin with. */
  agent: string;
  /** The team's agents in their order; asked anew at each switch. */
  agents: () => string[] | Promise<string[]>;
  /** Where an agent's keeper listens. */
  socketPath: (agent: string) => string;
  readOnly?: boolean;
  /** Wait for the first agent's pane, as for one that is being started, instead of failing when it is not there. */
  waitForFirst?: boolean;
  stdin: ReadStream;
  stdout: WriteStream;
  /** Ends the attachment from outside. */
  signal?: AbortSignal;
}

export interface AttachResult {
  reason: 'detached' | 'signal' | 'hangup' | 'aborted';
  /** With `signal`: which one; the caller ends the process accordingly. */
  signal?: NodeJS.Signals;
  /** The agent that was on the screen last. */
  agent: string;
}

/** Frames are at least this far apart, in milliseconds. */
const FRAME_MS = 16;
/** Received characters that may wait to be parsed; reading pauses above it. */
const UNPARSED_MAX = 512 * 1024;
/** Lines to look back at after attaching. */
const SCROLLBACK = 500;
/** How long an escape may be the beginning of a longer key, in milliseconds. */
const ESCAPE_MS = 25;
/** How long the first connection may take, in milliseconds. */
const FIRST_MS = 3_000;
const RETRY_MS = 300;
const NOTICE_MS = 2_000;
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

/**
 * Puts an agent's pane on the person's terminal until they detach. The screen is kept here and drawn to the terminal, so the terminal gets
 * only what this program draws; keys go to the agent as they are, but for Ctrl-] and Shift+Up/Down. When the agent or its keeper is gone
 * it says so and waits for the next incarnation. The terminal is given back as it was found.
 * Throws NOT_A_TERMINAL, and PANE_UNAVAILABLE when the first agent has no pane.
 */
export async function attach(options: AttachOptions): Promise<AttachResult> {
  const { stdin, stdout } = options;
  assertTerminal(stdin, stdout);
  const { promise, resolve, reject } = Promise.withResolvers<AttachResult>();
  const started = performance.now();
  const local = takeTerminal(stdin, stdout);
  const view: AttachView = {
    agent: options.agent,
    readOnly: options.readOnly ?? false,
    status: undefined,
    size: undefined,
    trouble: undefined,
    isPrefixed: false,
    scrolledBack: 0,
    notice: undefined,
  };
  let connection: PaneConnection | undefined;
  let screen: Screen | undefined;
  let troubleSince = 0;
  let hasHelp = false;
  let hasBell = false;
  let wasLive = options.waitForFirst === true;
  let isOver = false;
  /** First row of the agent's screen that is in view. */
  let top = 0;
  const timers: Partial<
    Record<'frame' | 'retry' | 'escape' | 'notice' | 'clock', NodeJS.Timeout | undefined>
  > = {};
  let lastFrame = 0;

  const keys = createKeyReader((row) => (row <= paneRows() && screen !== undefined ? row + top : undefined));
  const onKeys = (data: Buffer): void => handle(keys.push(data));
  const onResize = (): void => {
    local.invalidate();
    connection?.resize(local.cols, paneRows());
    draw();
  };
  const onContinue = (): void => {
    // Stopped and continued: a shell has had the terminal in between.
    stdin.setRawMode(true);
    onResize();
  };
  const onSignal = (signal: NodeJS.Signals): void => finish({ reason: 'signal', signal });
  const onHangup = (): void => finish({ reason: 'hangup' });
  const onAbort = (): void => finish({ reason: 'aborted' });

  stdin.on('data', onKeys);
  stdin.on('end', onHangup);
  stdin.on('error', onHangup);
  stdout.on('error', onHangup);
  stdout.on('resize', onResize);
  process.on('SIGCONT', onContinue);
  for (const name of SIGNALS) process.on(name, onSignal);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  else {
    stdin.resume();
    connect();
    draw();
  }

  try {
    return await promise;
  } finally {
    stdin.off('data', onKeys).off('end', onHangup).off('error', onHangup);
    stdin.pause();
    stdout.off('resize', onResize);
    process.off('SIGCONT', onContinue);
    for (const name of SIGNALS) process.off(name, onSignal);
    options.signal?.removeEventListener('abort', onAbort);
    for (const timer of Object.values(timers)) clearTimeout(timer);
    connection?.detach();
    screen?.dispose();
    local[Symbol.dispose]();
    stdout.off('error', onHangup);
  }

  function finish(result: Omit<AttachResult, 'agent'>): void {
    isOver = true;
    resolve({ ...result, agent: view.agent });
  }

  function paneRows(): number {
    return Math.max(1, local.rows - 1);
  }

  // --- the wire

  function connect(): void {
    clearTimeout(timers.retry);
    let ended: string | undefined;
    const mine = connectPane(
      options.socketPath(view.agent),
      { cols: local.cols, rows: paneRows(), readOnly: view.readOnly, scrollback: SCROLLBACK },
      {
        message: (message) => {
          if (message.type === 'ended') ended = message.reason;
          take(message);
        },
        bytes: (data) => {
          const into = screen;
          into?.write(data.toString(), () => {
            if (into.pending <= UNPARSED_MAX / 2) mine.resume();
            scheduleDraw();
          });
          if (into !== undefined && into.pending > UNPARSED_MAX) mine.pause();
        },
        closed: (reason) => lose(ended === undefined ? reason : `its terminal has ended: ${ended}`),
      },
    );
    connection = mine;
  }

  function take(message: PaneMessage): void {
    switch (message.type) {
      case 'screen':
        screen?.dispose();
        screen = createScreen({ cols: message.cols, rows: message.rows });
        screen.terminal.onBell(() => {
          hasBell = true;
        });
        view.size = { cols: message.cols, rows: message.rows };
        if (!message.resync) view.scrolledBack = 0;
        break;
      case 'size':
        screen?.resizeInOrder(message.cols, message.rows);
        view.size = { cols: message.cols, rows: message.rows };
        break;
      case 'status':
        // The pane of an ended terminal says no status, so this is a live one.
        wasLive = true;
        clearInterval(timers.clock);
        view.trouble = undefined;
        view.status = message;
        break;
      case 'ended':
        return; // `closed` follows and tells
    }
    scheduleDraw();
  }

  /** The pane is gone: says so, and tries again until it is back or the person leaves. */
  function lose(reason: string): void {
    if (isOver) return;
    connection = undefined;
    if (!wasLive && performance.now() - started > FIRST_MS) {
      reject(
        new CoworkError('PANE_UNAVAILABLE', `The pane of ${view.agent} can't be reached.`, {
          cause: new Error(reason),
        }),
      );
      return;
    }
    if (view.trouble === undefined || !view.trouble.startsWith(reason)) {
      clearInterval(timers.clock);
      troubleSince = performance.now();
      timers.clock = setInterval(draw, 1_000);
    }
    view.trouble = reason;
    timers.retry = setTimeout(connect, RETRY_MS);
    draw();
  }

  // --- the keys

  function handle(events: KeyEvent[]): void {
    clearTimeout(timers.escape);
    for (const event of events) {
      view.isPrefixed = event.type === 'prefix';
      if (event.type === 'input') type(event.bytes);
      else if (event.type === 'agent') void switchTo(() => event.number - 1);
      else if (event.type === 'command') command(event.command);
      if (isOver) return;
    }
    if (events.length > 0) scheduleDraw();
    if (keys.isHolding) timers.escape = setTimeout(() => handle(keys.flush()), ESCAPE_MS);
  }

  function type(bytes: Buffer): void {
    if (hasHelp || view.scrolledBack > 0) {
      hasHelp = false;
      view.scrolledBack = 0;
    } else if (view.readOnly) notify('READ-ONLY: keys are not sent');
    else if (connection === undefined || view.trouble !== undefined) notify('not live: keys are not sent');
    else if (!connection.input(bytes)) {
      stdin.pause(); // the rest waits in the terminal, in order
      connection.onDrained(() => {
        if (!isOver) stdin.resume();
      });
    }
  }

  function command(name: KeyCommand): void {
    hasHelp = name === 'help' && !hasHelp;
    if (name === 'detach') finish({ reason: 'detached' });
    else if (name === 'next') void switchTo((index, count) => (index + 1) % count);
    else if (name === 'previous') void switchTo((index, count) => (index - 1 + count) % count);
    else if (name === 'page-up') scroll(paneRows() - 1);
    else if (name === 'page-down') scroll(1 - paneRows());
    else if (name === 'unknown') notify('no such command; Ctrl-] ? helps');
  }

  function scroll(lines: number): void {
    const furthest = screen?.terminal.buffer.active.baseY ?? 0;
    view.scrolledBack = Math.max(0, Math.min(furthest, view.scrolledBack + lines));
    if (view.scrolledBack === 0 && lines > 0) notify('nothing above');
  }

  function notify(text: string): void {
    view.notice = text;
    clearTimeout(timers.notice);
    timers.notice = setTimeout(() => {
      view.notice = undefined;
      draw();
    }, NOTICE_MS);
    scheduleDraw();
  }

  /** Puts another agent on the screen, chosen by place in the list (from 0). */
  async function switchTo(choose: (index: number, count: number) => number): Promise<void> {
    try {
      const agents = await options.agents();
      if (isOver) return;
      const index = choose(Math.max(0, agents.indexOf(view.agent)), Math.max(1, agents.length));
      const next = agents[index];
      if (next === undefined) notify(`no agent ${index + 1}; there are ${agents.length}`);
      else if (next === view.agent) notify(`this is ${next}`);
      else show(next);
    } catch (error) {
      notify(`the agents can't be listed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  function show(agent: string): void {
    connection?.detach();
    clearInterval(timers.clock);
    screen?.dispose();
    screen = undefined;
    wasLive = true; // from now on an agent without a pane is waited for: others can be reached by keys
    Object.assign(view, { agent, status: undefined, size: undefined, trouble: undefined, scrolledBack: 0 });
    connect();
    draw();
  }

  // --- the screen

  function scheduleDraw(): void {
    if (timers.frame !== undefined || isOver) return;
    const wait = Math.max(0, lastFrame + FRAME_MS - performance.now());
    timers.frame = setTimeout(draw, wait);
  }

  function draw(): void {
    clearTimeout(timers.frame);
    timers.frame = undefined;
    if (isOver) return;
    lastFrame = performance.now();
    const { cols } = local;
    const rows = paneRows();
    const drawn =
      screen === undefined
        ? { rows: Array.from({ length: rows }, () => '\x1b[K'), cursor: undefined, top: 0 }
        : drawScreen(screen.terminal, { cols, rows, scrolledBack: view.scrolledBack });
    top = drawn.top;
    let shown = drawn.rows;
    if (view.trouble !== undefined) shown = banner(shown, troubleText(), cols);
    if (hasHelp) shown = overlay(shown, HELP, cols);
    const isCursorShown = screen !== undefined && !hasHelp && !hiddenState(screen.terminal).isCursorHidden;
    local.show({
      rows: local.rows > 1 ? [...shown, statusLine(view, cols)] : shown,
      cursor: isCursorShown && view.trouble === undefined ? drawn.cursor : undefined,
      modes: screen === undefined ? new Map() : inputModes(screen.terminal),
      bell: hasBell,
    });
    hasBell = false;
  }

  function troubleText(): string {
    const seconds = Math.floor((performance.now() - troubleSince) / 1_000);
    return `${view.agent}: ${view.trouble}. Waiting for it, ${seconds} s. Ctrl-] d leaves.`;
  }
}
