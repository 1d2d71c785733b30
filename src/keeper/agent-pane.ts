import type { Upstream } from '../model/upstream.ts';
import { createPane, type Pane } from '../pane/pane.ts';
import { servePane } from '../pane/serve.ts';
import { keeperSocket, recordingFile } from '../team/paths.ts';
import { findAgent, type TeamRecord } from '../team/team.ts';
import type { Body } from './body.ts';
import type { Channel } from './channel.ts';
import type { Self } from './self.ts';

/** Size of a terminal that nobody looks at, in cells. */
export const PANE_SIZE = { cols: 100, rows: 30 } as const;

/** An agent's terminal as people reach it. */
export interface AgentPane {
  readonly pane: Pane;
  /** Says something itself, while nothing carries the agent. */
  show(text: string): void;
  /** Resolves, with words for why, when somebody has come who may type. */
  readonly wanted: Promise<string>;
  /** Tells it what lives behind it from now on. */
  follow(life: PaneLife): void;
  /** Connects it with what carries the agent, once that runs; `onKeys` is called before it gets keys. */
  connect(body: Body, onKeys: () => void): void;
  /** The agent takes keys: what was typed before is given to it. */
  open(): void;
  /** Whether a person has typed here lately. */
  userTypedRecently(): boolean;
}

interface PaneLife {
  channel: Channel;
  upstream: Pick<Upstream, 'kind'>;
  /** Messages that the model has not seen. */
  unread: () => number;
}

const RECENTLY_MS = 60_000;
/** Most that is kept of what is typed before the agent takes keys, in bytes. */
const TYPED_AHEAD_MAX = 4 * 1024;

/** Opens an agent's pane on its socket; it is there, and says what it waits for, before the agent is. */
export async function openAgentPane(
  { dir, team, self }: { dir: string; team: TeamRecord; self: Self },
  stack: AsyncDisposableStack,
): Promise<AgentPane> {
  let life: PaneLife | undefined;
  let body: Body | undefined;
  let beforeKeys = (): void => {};
  let lastTyped = Number.NEGATIVE_INFINITY;
  let typedAhead: Buffer[] | undefined = [];
  let hasShown = false;
  const wanted = Promise.withResolvers<string>();
  const pane = stack.use(
    createPane({
      ...PANE_SIZE,
      recordingFile: recordingFile(dir, self.name),
      title: `${team.name}/${self.name}`,
      onInput: (bytes) => {
        beforeKeys();
        if (typedAhead === undefined) return body?.terminal.write(bytes);
        const size = typedAhead.reduce((sum, { length }) => sum + length, bytes.length);
        if (size <= TYPED_AHEAD_MAX) typedAhead.push(bytes);
      },
      onResize: (cols, rows) => {
        body?.terminal.resize?.(cols, rows);
        void life?.channel.push({ type: 'resize', cols, rows });
      },
      onViewer: ({ readOnly }) => {
        if (!readOnly) wanted.resolve('somebody has attached');
      },
      onUserActivity: (time) => {
        lastTyped = time.getTime();
      },
    }),
  );
  const { color } = findAgent(team, self.name);
  const status = () => ({
    ...paneStatus(self, life?.unread() ?? 0, team.rehearsal !== null || life?.upstream.kind === 'rehearsal'),
    ...(color === undefined ? {} : { color }),
  });
  stack.use(await servePane(pane, { socketPath: keeperSocket(dir, self.name), status }));
  return {
    pane,
    wanted: wanted.promise,
    show: (text) => {
      hasShown = true;
      pane.output(Buffer.from(`${text}\r\n`));
    },
    follow: (now) => {
      life = now;
    },
    connect: (carrying, onKeys) => {
      body = carrying;
      beforeKeys = onKeys;
      if (hasShown) pane.output(Buffer.from(CLEAR));
      carrying.terminal.onData((data) => {
        if (pane.output(data)) return;
        carrying.terminal.pause();
        void pane.drained().then(() => carrying.terminal.resume());
      });
    },
    open: () => {
      const typed = typedAhead ?? [];
      typedAhead = undefined;
      if (typed.length > 0) lastTyped = Date.now(); // it could not have been taken before
      for (const bytes of typed) body?.terminal.write(bytes);
    },
    userTypedRecently: () => Date.now() - lastTyped < RECENTLY_MS,
  };
}

/** The agent draws on an empty screen. */
const CLEAR = '\u001b[H\u001b[2J';

function paneStatus(self: Self, unread: number, isRehearsal: boolean) {
  const { state, reason, task, tokens } = self.record;
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const note = [isRehearsal ? 'rehearsal' : '', reason].filter((part) => part !== '').join(', ');
  return { agent: self.name, state, task, tokens: { input, output: tokens.output }, unread, note };
}
