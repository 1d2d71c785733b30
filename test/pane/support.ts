import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pty from 'node-pty';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createPane, type Pane, type PaneOptions } from '../../src/pane/pane.ts';
import { createScreen, type Screen } from '../../src/pane/screen.ts';
import { type ServedPane, servePane } from '../../src/pane/serve.ts';
import { connectUnix } from '../../src/pane/socket.ts';
import { PANE_PATH, type PaneMessage, type PaneStatus, type ViewerMessage } from '../../src/pane/wire.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A program under a pty, kept by a pane, served on a socket: what a keeper does with an agent. */
export interface TestAgent {
  program: pty.IPty;
  pane: Pane;
  served: ServedPane;
  socketPath: string;
  status: PaneStatus;
  /** All that viewers typed. */
  typed: () => string;
  exited: Promise<void>;
  stop(): Promise<void>;
}

export async function startAgent(
  name: string,
  command: string,
  options: Partial<PaneOptions> & { folder?: string; args?: string[] } = {},
): Promise<TestAgent> {
  const folder = options.folder ?? (await temporaryFolder());
  const { cols = 80, rows = 23 } = options;
  const args = options.args ?? ['-c', command];
  const program = pty.spawn(options.args === undefined ? 'bash' : command, args, {
    cols,
    rows,
    encoding: null,
  });
  let typed = '';
  const pane = createPane({
    ...options,
    cols,
    rows,
    onInput: (bytes) => {
      typed += bytes.toString();
      program.write(bytes.toString());
    },
    onResize: (nextCols, nextRows) => {
      program.resize(nextCols, nextRows);
      options.onResize?.(nextCols, nextRows);
    },
  });
  // With `encoding: null` the library hands out Buffers, whatever its types say.
  program.onData((data: unknown) => {
    if (pane.output(data as Buffer)) return;
    program.pause();
    void pane.drained().then(() => program.resume());
  });
  const exited = new Promise<void>((resolve) => program.onExit(() => resolve()));
  const status: PaneStatus = {
    agent: name,
    state: 'working',
    task: 'Sort the mails',
    tokens: { input: 12_345, output: 678 },
    unread: 2,
  };
  const socketPath = join(folder, name, 'keeper.sock');
  const served = await servePane(pane, { socketPath, status: () => status });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    program.kill('SIGKILL');
    await exited;
    await served[Symbol.asyncDispose]();
    await pane[Symbol.asyncDispose]();
  };
  onTestFinished(stop);
  return { program, pane, served, socketPath, status, typed: () => typed, exited, stop };
}

/** A terminal with a program in it, and what a person would see there. */
export interface TestTerminal {
  program: pty.IPty;
  screen: Screen;
  type(keys: string): void;
  /** The rows as text, without blanks at their ends. */
  rows(): string[];
  /** Waits until the screen holds `text`. */
  shows(text: string | RegExp, timeoutMs?: number): Promise<void>;
  resize(cols: number, rows: number): void;
  /** All bytes that the terminal received. */
  raw: () => string;
  exited: Promise<{ exitCode: number }>;
}

export function startTerminal(
  file: string,
  args: string[],
  options: { cols?: number; rows?: number; env?: NodeJS.ProcessEnv } = {},
): TestTerminal {
  const { cols = 80, rows = 24 } = options;
  // Compiled once for all of them.
  const NODE_COMPILE_CACHE = join(tmpdir(), 'cowork-test-compile-cache');
  const env = { ...process.env, NODE_COMPILE_CACHE, TERM: 'xterm-256color', ...options.env };
  const program = pty.spawn(file, args, { cols, rows, name: env.TERM, env });
  const screen = createScreen({ cols, rows });
  let raw = '';
  program.onData((data) => {
    raw += data;
    if (raw.length > 4_000_000) raw = raw.slice(-1_000_000);
    screen.write(data);
  });
  const exited = new Promise<{ exitCode: number }>((resolve) => program.onExit(resolve));
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await exited;
    screen.dispose();
  });
  const terminal: TestTerminal = {
    program,
    screen,
    type: (keys) => program.write(keys),
    rows: () => screenRows(screen),
    async shows(text, timeoutMs) {
      try {
        await eventually(
          `the screen to show ${text}`,
          () => find(screenRows(screen).join('\n'), text),
          timeoutMs,
        );
      } catch (error) {
        throw new Error(`${String(error)}\n${screenRows(screen).join('\n')}`);
      }
    },
    resize(nextCols, nextRows) {
      screen.resize(nextCols, nextRows);
      program.resize(nextCols, nextRows);
    },
    raw: () => raw,
    exited,
  };
  return terminal;
}

function find(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
}

export const CLIENT = join(import.meta.dirname, 'fixtures', 'attach-client.ts');

/** The real attach client in a terminal of its own. */
export function startViewer(
  agents: Record<string, TestAgent | string>,
  options: {
    agent?: string;
    cols?: number;
    rows?: number;
    readOnly?: boolean;
    waitForFirst?: boolean;
    /** For the client's team: where it writes what was broadcast, what it says a person is needed for, how the viewer is called. */
    broadcastFile?: string;
    notice?: string;
    viewer?: string;
    env?: NodeJS.ProcessEnv;
  } = {},
): TestTerminal {
  return startTerminal(process.execPath, [CLIENT, clientArgument(agents, options)], options);
}

export function clientArgument(agents: Record<string, TestAgent | string>, options: object = {}): string {
  const sockets = Object.fromEntries(
    Object.entries(agents).map(([name, agent]) => [
      name,
      typeof agent === 'string' ? agent : agent.socketPath,
    ]),
  );
  return JSON.stringify({ agent: Object.keys(agents)[0], ...options, sockets });
}

/** The visible rows of a screen as text. */
export function screenRows({ terminal }: Screen): string[] {
  const { active } = terminal.buffer;
  return Array.from(
    { length: terminal.rows },
    (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '',
  );
}

/** Everything that can be seen of a screen: characters, styles, cursor; for comparing two of them. */
export function screenImage(screen: Screen, rows = screen.terminal.rows): string[] {
  const { terminal } = screen;
  const { active } = terminal.buffer;
  const cell = active.getNullCell();
  return Array.from({ length: rows }, (_, y) => {
    const line = active.getLine(active.baseY + y);
    let out = '';
    for (let x = 0; x < terminal.cols; x++) {
      line?.getCell(x, cell);
      const characters = cell.getWidth() === 0 ? '' : cell.getChars() || ' ';
      const isBlank =
        characters === ' ' && cell.getBgColorMode() === 0 && !cell.isInverse() && !cell.isUnderline();
      const style = [
        cell.getFgColorMode(),
        cell.getFgColor(),
        cell.getBgColorMode(),
        cell.getBgColor(),
        cell.isBold() ? 'b' : '',
        cell.isDim() ? 'd' : '',
        cell.isItalic() ? 'i' : '',
        cell.isUnderline() ? 'u' : '',
        cell.isInverse() ? 'r' : '',
        cell.isInvisible() ? 'h' : '',
        cell.isStrikethrough() ? 's' : '',
      ].join(',');
      out += isBlank ? ' ' : `${characters}{${style}}`;
    }
    return out.trimEnd();
  });
}

/** A viewer that speaks the protocol by hand. */
export interface WireViewer {
  webSocket: WebSocket;
  messages: PaneMessage[];
  text: () => string;
  received: () => number;
  send(message: ViewerMessage | string): void;
  closed: Promise<number>;
}

export async function connectWire(
  socketPath: string,
  hello?: Partial<ViewerMessage & { type: 'hello' }>,
): Promise<WireViewer> {
  const webSocket = new WebSocket(`ws://keeper${PANE_PATH}`, {
    createConnection: () => connectUnix(socketPath),
    perMessageDeflate: false,
  });
  const messages: PaneMessage[] = [];
  let text = '';
  let received = 0;
  webSocket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      received += data.length;
      text += data.toString();
      if (text.length > 4_000_000) text = text.slice(-1_000_000);
    } else messages.push(JSON.parse(data.toString()) as PaneMessage); // the pane is ours
  });
  webSocket.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => webSocket.on('close', resolve));
  onTestFinished(() => webSocket.terminate());
  await new Promise<void>((resolve, reject) => webSocket.once('open', resolve).once('error', reject));
  const send = (message: ViewerMessage | string): void =>
    webSocket.send(typeof message === 'string' ? message : JSON.stringify(message));
  if (hello !== undefined) send({ type: 'hello', readOnly: false, scrollback: 0, name: '', ...hello });
  return { webSocket, messages, text: () => text, received: () => received, send, closed };
}
