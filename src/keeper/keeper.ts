import { readTeamExtensions } from '../extensions/use/team-extensions.ts';
import { serveGate } from '../gate/server.ts';
import { openMailbox } from '../mailbox/mailbox.ts';
import { awakened } from '../model/awakened.ts';
import { contextTokens } from '../model/context-window.ts';
import { heldBack } from '../model/held-back.ts';
import { openUpstream } from '../model/open-upstream.ts';
import { placesOf } from '../model/recording/plain.ts';
import { recorded } from '../model/recording/recorder.ts';
import { secretRemover } from '../model/recording/secrets.ts';
import { toCoworkError } from '../protocol/errors.ts';
import { limitsOf } from '../protocol/limits.ts';
import type { Log } from '../protocol/log-events.ts';
import { createAwakeClock } from '../store/awake.ts';
import { openBackend } from '../store/open-backend.ts';
import { type Malformed, sayMalformed } from '../store/options.ts';
import { patientBackend } from '../store/patient-backend.ts';
import { processIdentity } from '../store/process-identity.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { raiseAlert } from '../team/alerts.ts';
import { appendLedger } from '../team/ledger.ts';
import { transcriptFile } from '../team/paths.ts';
import { findAgent, type RosterEntry, readTeam, type TeamRecord } from '../team/team.ts';
import { type AgentPane, openAgentPane, PANE_SIZE } from './agent-pane.ts';
import { agentRoutes } from './agent-routes.ts';
import { askAboutDeletions, followApprovals } from './approvals.ts';
import { Channel } from './channel.ts';
import type { Duty } from './duty.ts';
import { agentEgress } from './egress.ts';
import { Ending, type KeeperEnd, untilUnwanted } from './ending.ts';
import { openExtensions } from './extensions.ts';
import { gitDoor } from './git-door.ts';
import { grantPath, grantPaths, servedGrants, workspaceOf } from './grant-paths.ts';
import { leadDuty } from './lead-duty.ts';
import { createMailDelivery } from './mail-delivery.ts';
import { missingGrants, tellMissingGrants } from './missing-grants.ts';
import { modelRoute } from './model-route.ts';
import { createRest } from './rest.ts';
import { beginSelf, type Self } from './self.ts';
import { withPrompts } from './servers/prompts.ts';
import { openServers } from './servers/servers.ts';
import { watchSharedEdits } from './shared-edits.ts';
import { createFarewell, shutDown } from './shut-down.ts';
import type { Spare } from './spare.ts';
import { startBody } from './start-body.ts';
import { stayAtRest } from './stay-at-rest.ts';
import { followTaskChanges } from './task-changes.ts';
import { teammateDuty } from './teammate-duty.ts';
import { createTraffic } from './traffic.ts';
import { openTranscript } from './transcript.ts';
import { createUserTasks } from './user-tasks.ts';
import { wasAtRest } from './was-at-rest.ts';
import { watchAgent } from './watch-agent.ts';
import { welcomeOf } from './welcome.ts';

export interface KeeperOptions {
  home: string;
  dir: string;
  agent: string;
  incarnation: number;
  env: NodeJS.ProcessEnv;
  log: Log;
  /** Aborted when this process is asked to end. */
  signal: AbortSignal;
  /** A machine that stood by for it. */
  spare?: Spare | undefined;
  /** Whether it may do without a machine until it is wanted, when it has nothing to go on with. */
  mayRest?: boolean;
}

/**
 * Keeps one incarnation of one agent: starts what carries it, answers its gate and its file requests, shows its terminal,
 * hands it mail and work, and ends with it.
 */
export async function keep(options: KeeperOptions): Promise<KeeperEnd> {
  const { dir, agent: name, incarnation, log } = options;
  const self = beginSelf(dir, name, findAgent(readTeam(dir), name).role, incarnation);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => self.settle());
  const end = await restAndLive(options, self, stack).catch((thrown: unknown): KeeperEnd => {
    const error = toCoworkError(thrown);
    log('keeper_failed', { code: error.code, reason: error.message, stack: error.stack });
    return { how: FATAL.has(error.code) ? 'failed' : 'died', reason: `${error.message} ${error.hint}` };
  });
  // One that died is started again by the supervisor, which reads this.
  const state = end.how === 'died' ? 'starting' : end.how;
  self.set({ state, reason: end.reason, vmPid: null, pid: null, task: null });
  log('keeper_ended', { ...end });
  return end;
}

/** Start-up errors that starting again does not mend. */
const FATAL = new Set([
  'MODEL_NOT_CONFIGURED',
  'MODEL_KEY_INVALID',
  'MODEL_URL_INVALID',
  'REHEARSAL_INVALID',
  'QEMU_MISSING',
  'QEMU_TOO_OLD',
  'IMAGE_MISSING',
  'SANDBOX_UNAVAILABLE',
]);

/** How long an agent stands still while the server of its team can't be reached, before it is told. */
const PATIENCE_MS = 30 * 60_000;

/** How long an agent may take from the start of its machine to its first word, software emulation on a busy host included. */
const GREETING_MS = 240_000;

/** An agent that has come back with nothing to do rests until it is wanted; then, as every other at once, it lives. */
async function restAndLive(
  options: KeeperOptions,
  self: Self,
  stack: AsyncDisposableStack,
): Promise<KeeperEnd> {
  const rested = options.mayRest === true ? await rest(options, self, stack) : undefined;
  if (rested !== undefined && 'how' in rested) return rested;
  // Read now: one may have rested for days.
  const team = readTeam(options.dir);
  return live(options, team, findAgent(team, options.agent), self, stack, rested);
}

/** The pane of an agent that was at rest and is wanted now, or the end of one that is not; undefined when it had no time to rest. */
async function rest(
  { dir, agent: name, incarnation, log, signal }: KeeperOptions,
  self: Self,
  stack: AsyncDisposableStack,
): Promise<AgentPane | KeeperEnd | undefined> {
  const backend = patientBackend(openBackend(dir), { forMs: PATIENCE_MS, signal });
  const mailbox = openMailbox(dir, { backend });
  const tasks = openTaskList(dir, { backend });
  const team = readTeam(dir);
  const transcript = openTranscript(transcriptFile(dir, name), name, incarnation).read();
  if (!(await wasAtRest({ dir, agent: findAgent(team, name), mailbox, tasks, transcript }))) return undefined;
  const pane = await openAgentPane({ dir, team, self }, stack);
  log('at_rest', {});
  const end = await stayAtRest({ dir, self, pane, mailbox, tasks, signal });
  log('woken', { reason: self.record.reason });
  if (end !== undefined) await pane.pane.end(end.reason);
  return end ?? pane;
}

async function live(
  options: KeeperOptions,
  team: TeamRecord,
  agent: RosterEntry,
  self: Self,
  stack: AsyncDisposableStack,
  rested?: AgentPane,
): Promise<KeeperEnd> {
  const { dir, home, agent: name, incarnation, env, log } = options;
  const ending = stack.use(new Ending());
  const backend = patientBackend(openBackend(dir), { forMs: PATIENCE_MS, signal: ending.signal });
  const mailbox = openMailbox(dir, { backend });
  const tasks = openTaskList(dir, { backend });
  const transcript = openTranscript(transcriptFile(dir, name), name, incarnation);
  const grants = grantPaths(dir, team, agent);
  const teammates = team.agents.filter(({ role }) => role === 'teammate').map((teammate) => teammate.name);
  const script = { team: team.name, job: team.job, grants, teammates };
  const rehearsal = team.rehearsal ?? undefined;
  const edits = watchSharedEdits({
    ...{ dir, agent: name, incarnation, mailbox, grants: servedGrants(agent, team.grants) },
    onFailure: (error) => log('edits_failed', { reason: String(error) }),
  });
  const channel = new Channel();
  const workspace = workspaceOf(dir, team, name);
  const servers = stack.use(
    openServers({
      ...{ home, dir, team, agent: name, incarnation, env, channel, workspace, log },
      extensions: readTeamExtensions(dir),
      contextTokens: contextTokens(agent.model, env.COWORK_CONTEXT_TOKENS),
    }),
  );
  const opening = openExtensions({
    ...{ home, dir, team, agent, servers: servers.count, env },
    onTrouble: (error) => log('options_unreadable', { reason: String(error) }),
  });
  const plugins = opening.then(({ folders }) => folders);
  plugins.catch(() => {}); // told where it is awaited
  // First of all, because it takes longest; the rest is opened while it comes up.
  const abandoned = new AbortController();
  const starting = startBody({
    ...{
      home,
      team,
      dir,
      agent: name,
      incarnation,
      plugins,
      spare: options.spare,
      ...(rested?.pane.size ?? PANE_SIZE),
    },
    signal: AbortSignal.any([options.signal, abandoned.signal]),
    onStep: (reason) => {
      // Its folders may come after an agent's first word, which then says more.
      if (self.record.state === 'starting') self.set({ reason });
      log('start_step', { step: reason });
    },
    onDeletionStop: (stop) => {
      const asking = askAboutDeletions({ dir, agent: name, incarnation, mailbox, stop });
      asking.catch((error: unknown) => log('approval_failed', { reason: String(error) }));
    },
    onFileEvent: (event) => {
      edits.happened(event);
      if (event.type !== 'changed') log('files', { ...event });
    },
  });
  starting.catch(() => {}); // told where it is awaited
  let isHeld = false;
  stack.defer(async () => {
    abandoned.abort(new Error('what it was started for has failed'));
    if (!isHeld)
      await starting.then(
        (body) => body[Symbol.asyncDispose](),
        () => {},
      );
  });
  const clock = stack.use(createAwakeClock());
  clock.onSleep((ms) => log('slept', { ms }));
  const places = placesOf(grants, { workspace, team: dir });
  const opened = awakened(stack.use(await openUpstream({ env, rehearsal, context: script, places })), clock);
  const upstream =
    team.record === undefined
      ? opened
      : recorded(opened, {
          ...{ file: team.record, places, incarnation, withoutSecrets: secretRemover(env) },
          onFailure: (error) => void raiseAlert(dir, name, 'recording', `Not recorded: ${String(error)}`),
        });
  const onMalformed = (what: Malformed) => void raiseAlert(dir, name, 'malformed', sayMalformed(what));
  const mail = createMailDelivery(mailbox.inbox(name, { onMalformed }), channel, (message) =>
    duty.mailSeen(message),
  );
  const unread = () => mail.unseen;
  const fail = async (reason: string): Promise<void> => ending.come('failed', reason);
  const context = { dir, self, mailbox, tasks, channel, hasMail: () => unread() > 0, fail };
  const ofRole = agent.role === 'lead' ? leadDuty(context) : teammateDuty(context);
  const duty: Duty = {
    ...ofRole,
    idle: async () => {
      agentPane.open();
      await ofRole.idle();
      pausing.idle();
    },
  };
  const agentPane = rested ?? (await openAgentPane({ dir, team, self }, stack));
  agentPane.follow({ channel, upstream, unread });
  const { pane, connect, userTypedRecently } = agentPane;

  const extensions = withPrompts(await opening, servers);
  const body = stack.use(await starting);
  isHeld = true;
  stack.defer(() => channel.close());
  const traffic = createTraffic();
  const pausing = stack.use(
    createRest({ self, pause: body.pause, traffic, isBusy: servers.isStarting, log }),
  );
  channel.onPush = pausing.wake;
  connect(body, pausing.wake);
  self.set({
    vmPid: body.pid,
    accelerator: body.accelerator,
    acceleratorReason: body.acceleratorReason,
    lacks: body.lacks,
    reason: 'waits for the agent',
  });
  log('machine_started', { ...body.start });
  await tellMissingGrants(dir, name, missingGrants(team.grants, body));
  const process = processIdentity(body.pid);
  await appendLedger(dir, {
    ...{ type: 'started', what: 'machine', agent: name, incarnation },
    ...(process === undefined ? {} : { process }),
  });

  const farewell = createFarewell();
  const userTasks = createUserTasks(context);
  const routes = agentRoutes({
    ...{ ...context, home, farewell, edits, mail, duty, transcript, userTypedRecently },
    ready: body.ready,
    extensions: {
      ...extensions,
      // Commands in its text may need the folders.
      skill: (...wanted) => body.ready().then(() => extensions.skill(...wanted)),
    },
    servers,
    userTasks,
    onTurnEnd: () => body.guard?.turnEnded(),
    welcome: () =>
      welcomeOf({
        ...{
          team: readTeam(dir),
          dir,
          home,
          env,
          agent: findAgent(readTeam(dir), name),
          incarnation,
          grants,
          pane: pane.size,
          body,
          extensions,
        },
        resumes: transcript.exists,
        wasAtRest: rested !== undefined,
        rehearsal: upstream.kind === 'rehearsal' ? upstream.label : null,
      }),
    egress: agentEgress({ dir, agent: name, incarnation, modelUrl: env.ANTHROPIC_BASE_URL, log }),
    git: gitDoor(dir, name),
    model: modelRoute({
      ...{ dir, home, team, agent, incarnation, self, mailbox },
      upstream: heldBack(upstream, body.ready),
    }),
  });
  const began = clock.now();
  const silence = setInterval(() => {
    if (clock.now() - began < GREETING_MS) return;
    ending.come('died', `the agent said nothing over its gate within ${GREETING_MS / 1000} s`);
  }, GREETING_MS / 100);
  stack.defer(() => clearInterval(silence));
  const greeted = (): void => {
    clearInterval(silence);
    self.set({ bootMs: body.sinceStartMs() });
    void body.mounted.then(() => servers.begin()); // their programs lie in its folders
  };
  const served = serveGate(
    body.gate,
    routes,
    (entry) => log('gate', { ...entry }),
    greeted,
    (ping) => watchAgent({ dir, self, body, ending, ping, silence: limitsOf(team).silence }),
    traffic.begin,
  );

  void body.ended.then((reason) => ending.come('died', reason));
  // The machine's own end, when it comes within 2 s, says more than the end of its wire.
  void served.then(() => setTimeout(() => ending.come('died', 'the gate was cut off'), 2_000).unref());
  ending.watchOver('mail', mail.run(ending.signal));
  ending.watchOver('work', duty.run(ending.signal));
  ending.watchOver('tasks', followTaskChanges(context, ending.signal));
  ending.watchOver('tasks of the user', userTasks.follow(ending.signal));
  const following = followApprovals({
    ...{ dir, agent: name, incarnation, mailbox, signal: ending.signal },
    onForm: servers.answered,
    onServer: servers.refresh,
    onDeletions: (grant, isAllowed) => body.guard?.answered(grant, isAllowed),
    showGrants: (now) => body.showGrants(servedGrants(agent, now)),
    pathOf: (grant) => grantPath(team, grant),
  });
  ending.watchOver('approvals', following);
  const unwanted = untilUnwanted(dir, name, options.signal, ending.signal);
  ending.watchOver(
    'orders',
    unwanted.then((reason) => ending.come('stopped', reason)),
  );

  const end = await ending.wait();
  const hasMachine = team.sandbox === 'vm';
  await shutDown({ dir, body, channel, end, self, farewell, hasMachine });
  await pane.end(end.reason);
  return end;
}
