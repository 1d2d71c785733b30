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
  /** Connects it with what carries the agent, once that runs; `onKeys` is called before it gets keys. */
  connect(body: Body, onKeys: () => void): void;
  /** Whether a person has typed here lately. */
  userTypedRecently(): boolean;
}

interface AgentPaneOptions {
  dir: string;
  team: TeamRecord;
  self: Self;
  channel: Channel;
  upstream: Upstream;
  /** Messages that the model has not seen. */
  unread: () => number;
}

const RECENTLY_MS = 60_000;

/** Opens an agent's pane on its socket; it is there, and says what it waits for, before the agent is. */
export async function openAgentPane(
  { dir, team, self, channel, upstream, unread }: AgentPaneOptions,
  stack: AsyncDisposableStack,
): Promise<AgentPane> {
  let body: Body | undefined;
  let beforeKeys = (): void => {};
  let lastTyped = Number.NEGATIVE_INFINITY;
  const pane = stack.use(
    createPane({
      ...PANE_SIZE,
      recordingFile: recordingFile(dir, self.name),
      title: `${team.name}/${self.name}`,
      onInput: (bytes) => {
        beforeKeys();
        body?.terminal.write(bytes);
      },
      onResize: (cols, rows) => {
        body?.terminal.resize?.(cols, rows);
        void channel.push({ type: 'resize', cols, rows });
      },
      onUserActivity: (time) => {
        lastTyped = time.getTime();
      },
    }),
  );
  const { color } = findAgent(team, self.name);
  const status = () => ({
    ...paneStatus(self, unread(), upstream),
    ...(color === undefined ? {} : { color }),
  });
  stack.use(await servePane(pane, { socketPath: keeperSocket(dir, self.name), status }));
  return {
    pane,
    connect: (carrying, onKeys) => {
      body = carrying;
      beforeKeys = onKeys;
      carrying.terminal.onData((data) => {
        if (pane.output(data)) return;
        carrying.terminal.pause();
        void pane.drained().then(() => carrying.terminal.resume());
      });
    },
    userTypedRecently: () => Date.now() - lastTyped < RECENTLY_MS,
  };
}

function paneStatus(self: Self, unread: number, upstream: Upstream) {
  const { state, reason, task, tokens } = self.record;
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const note = [upstream.kind === 'rehearsal' ? 'rehearsal' : '', reason]
    .filter((part) => part !== '')
    .join(', ');
  return { agent: self.name, state, task, tokens: { input, output: tokens.output }, unread, note };
}
