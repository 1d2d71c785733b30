import type { Egress } from '../gate/egress/egress.ts';
import type { ModelRoute } from '../gate/model-route.ts';
import { type GateRoutes, jsonRoute } from '../gate/server.ts';
import { openMemory } from '../memory/memory.ts';
import type { Welcome } from '../protocol/gate.ts';
import {
  ArtifactDone,
  ArtifactPiece,
  CloneFailed,
  DefinitionWanted,
  FileEdited,
  HookRan,
  LimitReport,
  SeenReport,
  ServerAsked,
  ServerCall,
  ServerSaid,
  SkillWanted,
  StateReport,
  TaskChecked,
  TranscriptAppend,
  TurnEnded,
  UserSaid,
  WorkspaceSaved,
} from '../protocol/gate-requests.ts';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import { findAgent, type RosterEntry, readTeam } from '../team/team.ts';
import { openUploads } from '../team/uploads.ts';
import { plainText } from '../text/plain.ts';
import { assertMaySend } from './budget.ts';
import { knownOfCutCalls } from './cut-calls.ts';
import type { Duty, DutyContext } from './duty.ts';
import type { AgentExtensions } from './extensions.ts';
import { openHookReports } from './hook-reports.ts';
import type { MailDelivery } from './mail-delivery.ts';
import type { AgentServers } from './servers/servers.ts';
import type { SharedEdits } from './shared-edits.ts';
import type { Farewell } from './shut-down.ts';
import { situation } from './situation.ts';
import { teamToolRoutes } from './team-tools.ts';
import type { Transcript } from './transcript.ts';
import { userSaid } from './user-said.ts';
import type { UserTasks } from './user-tasks.ts';

interface RouteContext extends DutyContext {
  home: string;
  mail: MailDelivery;
  duty: Duty;
  transcript: Transcript;
  welcome: () => Welcome;
  /** Whether a person has typed at this agent's pane lately. */
  userTypedRecently: () => boolean;
  extensions: AgentExtensions;
  /** Resolves when the folders of the agent are there. */
  ready: () => Promise<void>;
  model: ModelRoute;
  git: NonNullable<GateRoutes['git']>;
  edits: Pick<SharedEdits, 'edited'>;
  farewell: Pick<Farewell, 'begun' | 'saved'>;
  egress: Egress;
  servers: AgentServers;
  userTasks: UserTasks;
  /** Told when a turn of the agent is over. */
  onTurnEnd: () => void;
}

/** All routes of one agent's gate. */
export function agentRoutes(context: RouteContext): GateRoutes {
  const { dir, self, mailbox, tasks, channel, mail, duty, transcript } = context;
  const uploads = openUploads(dir, self.name, self.incarnation);
  return {
    model: context.model,
    git: context.git,
    egress: context.egress,
    pipe: context.servers.pipes.taker,
    read: {
      '/agent/welcome': async () => context.welcome(),
      '/agent/ready': async () => {
        await context.ready();
        return {};
      },
      '/agent/cut-calls': () => knownOfCutCalls({ dir, agent: self.name, mailbox, tasks }),
      '/agent/plan': async () => ({ approved: mayChange(findAgent(readTeam(dir), self.name)) }),
      '/agent/situation': async () => ({ text: await situation({ dir, agent: self.name, mailbox, tasks }) }),
    },
    lines: {
      '/agent/events': (signal) => channel.listen(signal),
      '/agent/transcript': () => each(transcript.read()),
    },
    json: {
      ...teamToolRoutes({
        home: context.home,
        dir,
        agent: self.name,
        role: self.role,
        incarnation: self.incarnation,
        mailbox,
        egress: context.egress,
        tasks,
        memory: openMemory(context.home, readTeam(dir).project ?? null),
        team: readTeam(dir).name,
        onAct: (act) => duty.acted(act),
        onSend: (number) => {
          assertMaySend(dir, readTeam(dir));
          self.count('messages', number);
        },
      }),
      '/agent/transcript': jsonRoute(TranscriptAppend, ({ entries }) => transcript.append(entries)),
      '/agent/state': jsonRoute(StateReport, async ({ state, reason }) => {
        self.set({ state, reason });
        if (state === 'stopping') context.farewell.begun();
        if (state === 'idle') await duty.idle();
      }),
      '/agent/artifact': jsonRoute(ArtifactPiece, async ({ upload, data }) => ({
        upload: await uploads.add(Buffer.from(data, 'base64'), upload),
      })),
      '/agent/artifact-done': jsonRoute(ArtifactDone, async ({ upload, ...as }) => {
        const { path: _, ...artifact } = await uploads.finish(upload, as);
        return artifact;
      }),
      '/agent/edited': jsonRoute(FileEdited, async ({ path }) => context.edits.edited(path)),
      '/agent/workspace-saved': jsonRoute(WorkspaceSaved, async (report) => context.farewell.saved(report)),
      '/agent/limit': jsonRoute(LimitReport, ({ kind, text }) =>
        text === ''
          ? closeAlert(dir, self.name, `limit: ${kind}`)
          : raiseAlert(dir, self.name, `limit: ${kind}`, `${self.name}: ${plainText(text)}`),
      ),
      '/agent/clone-failed': jsonRoute(CloneFailed, ({ grant, reason }) =>
        raiseAlert(dir, self.name, 'clone', `${self.name} works without ${grant}: ${plainText(reason)}`),
      ),
      '/agent/seen': jsonRoute(SeenReport, ({ seqs }) => mail.seen(seqs)),
      '/agent/turn-ended': jsonRoute(TurnEnded, async (turn) => {
        context.onTurnEnd();
        // What follows from a turn comes before the mail of it is settled: should we die in between, the next life does it.
        await duty.turnEnded(turn);
        await mail.settle();
      }),
      '/agent/skill': jsonRoute(SkillWanted, ({ name, by, given }) =>
        context.extensions.skill(name, by, given),
      ),
      '/agent/hook-ran': jsonRoute(HookRan, openHookReports(dir, self.name, context.extensions.armed)),
      '/agent/task-checked': jsonRoute(TaskChecked, (verdict) => context.userTasks.checked(verdict)),
      '/agent/definition': jsonRoute(DefinitionWanted, ({ name }) => context.extensions.definition(name)),
      '/agent/server-call': jsonRoute(ServerCall, ({ name, input }, signal) =>
        context.servers.call(name, input, signal),
      ),
      '/agent/server-said': jsonRoute(ServerSaid, async (said) => context.servers.pipes.said(said)),
      '/agent/server-asked': jsonRoute(ServerAsked, async (answer) =>
        context.servers.sampling.answered(answer),
      ),
      '/agent/user-said': jsonRoute(UserSaid, ({ text }) => userSaid(context, text)),
    },
  };
}

/** Whether an agent may change things: it needs no plan, or has one that was approved. */
const mayChange = ({ plan }: RosterEntry): boolean => plan === undefined || plan === 'approved';

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
