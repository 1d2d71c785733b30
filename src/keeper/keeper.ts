import { type GateLogEntry, serveGate } from '../gate/server.ts';
import { openMailbox } from '../mailbox/mailbox.ts';
import { metered } from '../model/meter.ts';
import { openUpstream } from '../model/open-upstream.ts';
import { costUsd } from '../model/prices.ts';
import type { Upstream } from '../model/upstream.ts';
import { createPane } from '../pane/pane.ts';
import { servePane } from '../pane/serve.ts';
import { toCoworkError } from '../protocol/errors.ts';
import { ownIdentity, processIdentity } from '../store/process-identity.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { appendLedger } from '../team/ledger.ts';
import { keeperSocket, recordingFile, transcriptFile } from '../team/paths.ts';
import { findAgent, type RosterEntry, readTeam, type TeamRecord } from '../team/team.ts';
import { agentRoutes } from './agent-routes.ts';
import type { Body } from './body.ts';
import { Channel } from './channel.ts';
import { leadDuty } from './lead-duty.ts';
import { createMailDelivery } from './mail-delivery.ts';
import { beginSelf, type Self } from './self.ts';
import { startBody } from './start-body.ts';
import { teammateDuty } from './teammate-duty.ts';
import { openTranscript } from './transcript.ts';
import { grantPaths, welcomeOf } from './welcome.ts';

export interface KeeperOptions {
  home: string;
  dir: string;
  agent: string;
  incarnation: number;
  env: NodeJS.ProcessEnv;
  log: (event: string, fields: Record<string, unknown>) => void;
  /** Aborted when this process is asked to end. */
  signal: AbortSignal;
}

/** Why a keeper ended: as it was asked to, or with its agent lost (`died`), or for good (`failed`). */
export interface KeeperEnd {
  how: 'stopped' | 'died' | 'failed';
  reason: string;
}

const COLS = 100;
const ROWS = 30;
const STOP_MS = 4_000;
/** How long an agent has to end its turn once it was asked to stop. */
const ASK_MS = 2_000;

/**
 * Keeps one incarnation of one agent: starts what carries it, answers its gate and its file requests, shows its terminal,
 * hands it mail and work, and ends with it.
 */
export async function keep(options: KeeperOptions): Promise<KeeperEnd> {
  const { dir, agent: name, incarnation, log } = options;
  const team = readTeam(dir);
  const agent = findAgent(team, name);
  const self = beginSelf(dir, name, agent.role, incarnation);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => self.settle());
  try {
    const end = await live(options, team, agent, self, stack);
    const state = end.how === 'stopped' ? 'stopped' : end.how === 'failed' ? 'failed' : 'starting';
    self.set({ state, reason: end.reason, vmPid: null, pid: null, task: null });
    log('keeper_ended', { ...end });
    return end;
  } catch (thrown) {
    const error = toCoworkError(thrown);
    self.set({ state: 'failed', reason: `${error.message} ${error.hint}`, vmPid: null, pid: null });
    log('keeper_failed', { code: error.code, reason: error.message, stack: error.stack });
    return { how: FATAL.has(error.code) ? 'failed' : 'died', reason: error.message };
  }
}

/** Start-up errors that starting again does not mend. */
const FATAL = new Set([
  'MODEL_NOT_CONFIGURED',
  'MODEL_KEY_INVALID',
  'MODEL_URL_INVALID',
  'REHEARSAL_INVALID',
  'QEMU_MISSING',
  'IMAGE_MISSING',
  'SANDBOX_UNAVAILABLE',
]);

async function live(
  options: KeeperOptions,
  team: TeamRecord,
  agent: RosterEntry,
  self: Self,
  stack: AsyncDisposableStack,
): Promise<KeeperEnd> {
  const { dir, home, agent: name, incarnation, env, log } = options;
  const mailbox = openMailbox(dir);
  const tasks = openTaskList(dir);
  const transcript = openTranscript(transcriptFile(dir, name), name, incarnation);
  const grants = grantPaths(team);
  const upstream = stack.use(
    await openUpstream({
      env,
      rehearsal: team.rehearsal ?? undefined,
      context: {
        team: team.name,
        job: team.job,
        grants,
        teammates: team.agents.filter(({ role }) => role === 'teammate').map((teammate) => teammate.name),
      },
    }),
  );

  let body: Body | undefined;
  const channel = new Channel();
  let lastTyped = Number.NEGATIVE_INFINITY;
  const pane = stack.use(
    createPane({
      cols: COLS,
      rows: ROWS,
      recordingFile: recordingFile(dir, name),
      title: `${team.name}/${name}`,
      onInput: (bytes) => body?.terminal.write(bytes),
      onResize: (cols, rows) => {
        body?.terminal.resize?.(cols, rows);
        void channel.push({ type: 'resize', cols, rows });
      },
      onUserActivity: (time) => {
        lastTyped = time.getTime();
      },
    }),
  );
  stack.use(
    await servePane(pane, {
      socketPath: keeperSocket(dir, name),
      status: () => paneStatus(self, mail.unseen, upstream),
    }),
  );

  const ending = Promise.withResolvers<KeeperEnd>();
  const mail = createMailDelivery(mailbox.inbox(name), channel, (message) => duty.mailSeen(message));
  const fail = async (reason: string): Promise<void> => ending.resolve({ how: 'failed', reason });
  const context = { dir, self, mailbox, tasks, channel, hasMail: () => mail.unseen > 0, fail };
  const duty = agent.role === 'lead' ? leadDuty(context) : teammateDuty(context);

  body = stack.use(
    await startBody({
      home,
      team,
      dir,
      agent: name,
      incarnation,
      cols: COLS,
      rows: ROWS,
      signal: options.signal,
      onStep: (reason) => {
        self.set({ reason });
        log('start_step', { step: reason });
      },
    }),
  );
  stack.defer(() => channel.close());
  const carrying = body;
  self.set({ vmPid: carrying.pid, accelerator: carrying.accelerator, reason: 'waits for the agent' });
  await appendLedger(dir, {
    type: 'started',
    what: 'machine',
    agent: name,
    incarnation,
    process: processIdentity(carrying.pid) ?? { ...ownIdentity(), pid: carrying.pid, startTime: 0 },
  });
  carrying.terminal.onData((data) => {
    if (pane.output(data)) return;
    carrying.terminal.pause();
    void pane.drained().then(() => carrying.terminal.resume());
  });

  const routes = agentRoutes({
    ...context,
    mail,
    duty,
    transcript,
    welcome: () =>
      welcomeOf({
        team: readTeam(dir),
        agent,
        incarnation,
        grants,
        pane: pane.size,
        resumes: transcript.exists,
        rehearsal: upstream.kind === 'rehearsal' ? upstream.label : null,
        body: carrying,
        dir,
      }),
    userTypedRecently: () => Date.now() - lastTyped < 60_000,
    model: {
      upstream,
      agent: { team: team.name, name, role: agent.role, incarnation },
      observe: (response) =>
        metered(response, ({ model, usage }) => {
          self.addUsage(usage, upstream.kind === 'rehearsal' ? 0 : (costUsd(model, usage) ?? 0));
        }),
    },
  });
  const logRequest = (entry: GateLogEntry) => log('gate', { ...entry });
  const gateEnded = serveGate(carrying.gate, routes, logRequest, () =>
    self.set({ bootMs: carrying.sinceStartMs() }),
  );

  const stopping = new AbortController();
  stack.defer(() => stopping.abort());
  const background = (what: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      if (!stopping.signal.aborted)
        ending.resolve({ how: 'died', reason: `${what}: ${toCoworkError(error).message}` });
    });
  };
  background('mail', mail.run(stopping.signal));
  background('work', duty.run(stopping.signal));
  void carrying.ended.then((reason) => ending.resolve({ how: 'died', reason }));
  void gateEnded.then(async () => {
    // The machine's own end says more than the end of its wire.
    const reason = await Promise.race([
      carrying.ended,
      new Promise<string>((resolve) => setTimeout(resolve, 2_000, 'the gate was cut off')),
    ]);
    ending.resolve({ how: 'died', reason });
  });
  const asked = orders(dir, name, options.signal, stopping.signal);
  background('orders', asked);

  const end = await Promise.race([
    ending.promise,
    asked.then((reason): KeeperEnd => ({ how: 'stopped', reason })),
  ]);
  stopping.abort();
  await shutDown(carrying, channel, end, self);
  await pane.end(end.reason);
  return end;
}

/** Waits until the agent is no longer wanted, or this process is asked to end; returns the reason. */
async function orders(dir: string, name: string, asked: AbortSignal, ended: AbortSignal): Promise<string> {
  const { watchFolder } = await import('../store/watch.ts');
  const signal = AbortSignal.any([asked, ended]);
  for await (const _ of watchFolder(dir, { signal })) {
    const team = readTeam(dir);
    const agent = findAgent(team, name);
    if (team.phase !== 'running') return `the team is ${team.phase}`;
    if (agent.wanted === 'stopped') return agent.reason;
  }
  return 'the keeper was asked to end';
}

/** Asks the agent to stop, then its machine, then ends it by force. */
async function shutDown(body: Body, channel: Channel, end: KeeperEnd, self: Self): Promise<void> {
  if (end.how === 'stopped') {
    self.set({ state: 'stopping', reason: end.reason });
    void channel.push({ type: 'shutdown', reason: end.reason });
    await Promise.race([body.ended, new Promise((resolve) => setTimeout(resolve, ASK_MS))]);
  }
  await body.stop(STOP_MS);
}

function paneStatus(self: Self, unread: number, upstream: Upstream) {
  const { state, reason, task, tokens } = self.record;
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const note = [upstream.kind === 'rehearsal' ? 'rehearsal' : '', reason]
    .filter((part) => part !== '')
    .join(', ');
  return { agent: self.name, state, task, tokens: { input, output: tokens.output }, unread, note };
}
