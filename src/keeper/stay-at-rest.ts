import type { Mailbox } from '../mailbox/mailbox.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { readTeam } from '../team/team.ts';
import type { AgentPane } from './agent-pane.ts';
import { type KeeperEnd, untilUnwanted } from './ending.ts';
import { lostBy } from './lost-task.ts';
import type { Self } from './self.ts';
import { startTurn } from './start-turn.ts';
import { unlessUnreachable } from './unreachable.ts';

interface RestOptions {
  dir: string;
  self: Self;
  pane: AgentPane;
  mailbox: Mailbox;
  tasks: TaskList;
  /** Aborted when this process is asked to end. */
  signal: AbortSignal;
}

const REASON = 'at rest: its machine starts when something is addressed to it';
/** How long it leaves a task to whoever lost it with its life and comes back, milliseconds. */
const THEIRS_MS = 5 * 60_000;

/**
 * Stands in for an agent that has come back with nothing to do: it is idle, has no machine, and its model is asked nothing. Returns when mail is there, a task was
 * claimed for it, or somebody has come to its pane who may type, and its turn to start has come; or with its end, when it is wanted no more.
 */
export async function stayAtRest(of: RestOptions): Promise<KeeperEnd | undefined> {
  const { dir, self, pane, signal } = of;
  const over = new AbortController();
  const unwanted = untilUnwanted(dir, self.name, signal, over.signal).then(
    (reason): KeeperEnd => ({ how: 'stopped', reason }),
  );
  self.set({ state: 'idle', reason: REASON, atRest: true });
  pane.show(
    `${self.name} is at rest: it had nothing to do when its team came back, so its machine was not started.`,
  );
  pane.show('It starts when something is addressed to it, and for whoever attaches and may type.');
  const mail = untilMail(of, over.signal);
  const task = untilTask(of, over.signal);
  try {
    const outcome = await Promise.race([unwanted, mail, task, pane.wanted]);
    if (typeof outcome !== 'string') return outcome;
    self.set({ state: 'starting', reason: `wakes: ${outcome}`, atRest: false });
    pane.show(`It wakes: ${outcome}.`);
    const onWait = (ahead: number) => self.set({ reason: `waits: ${ahead} others are starting` });
    const turn = startTurn(dir, self.name, { signal: over.signal, onWait }).then(() => undefined);
    return await Promise.race([unwanted, turn]);
  } finally {
    over.abort();
    await task.catch(() => {}); // a claim that was under way may have been won
  }
}

/** Resolves with words for why it wakes; also, with none, once it is over. */
async function untilMail({ self, mailbox }: RestOptions, over: AbortSignal): Promise<string> {
  const inbox = mailbox.inbox(self.name);
  let why = '';
  for await (const _ of inbox.changes({ signal: over })) {
    await unlessUnreachable(async () => {
      const [first] = await inbox.read();
      if (first !== undefined) why = `mail from ${first.from}`;
    });
    if (why !== '') return why;
  }
  return why;
}

/** Claims an open task, so that one of those at rest wakes for it and not all. The work of its life then finds the claim. */
async function untilTask(of: RestOptions, over: AbortSignal): Promise<string> {
  const { self, tasks } = of;
  const deadline = performance.now() + THEIRS_MS;
  let why = '';
  for await (const _ of tasks.watch({ signal: over })) {
    await unlessUnreachable(async () => {
      const id = await nextTask(of, performance.now() > deadline);
      if (id === undefined) return;
      const claim = await tasks.claim({ by: self.name, incarnation: self.incarnation, id });
      if (!claim.won && claim.reason === 'stale') throw claim.refusal; // others take this life for ended
      if (claim.won) why = `task ${id}`;
    });
    if (why !== '') return why;
  }
  return why;
}

/** The oldest open task that it may have. One that was cut off in the middle of a task knows more of it than one that is merely there first. */
async function nextTask(
  { dir, self, tasks }: RestOptions,
  mayTakeOver: boolean,
): Promise<string | undefined> {
  const running = readTeam(dir).agents.filter(({ wanted }) => wanted === 'running');
  for (const { id, owner } of await tasks.list({ state: 'pending' })) {
    if (owner !== null && owner !== self.name) continue;
    const before = lostBy((await tasks.get(id)).history);
    const isTheirs = before !== self.name && running.some(({ name }) => name === before);
    if (mayTakeOver || !isTheirs) return id;
  }
  return undefined;
}
