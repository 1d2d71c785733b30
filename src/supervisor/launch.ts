import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describeServer } from '../extensions/servers/environment.ts';
import { type TeamExtensions, writeTeamExtensions } from '../extensions/use/team-extensions.ts';
import { createHub } from '../git/hub.ts';
import { openUpstream } from '../model/open-upstream.ts';
import { beginRecording } from '../model/recording/recorder.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { ImageName } from '../protocol/images.ts';
import type { Limits } from '../protocol/limits.ts';
import { DELEGATE_TOOLS } from '../protocol/permits.ts';
import type { TaskNeed } from '../protocol/task.ts';
import type { ReplySettings, Sandbox, TeamStatus } from '../protocol/team.ts';
import { openBackend, removeFromServer } from '../store/open-backend.ts';
import { askApproval } from '../team/approvals.ts';
import { imagesFolder } from '../team/paths.ts';
import { openSharedTeam, type SharedTeamLog } from '../team/shared-team.ts';
import { createTeam, type RosterEntry, TEAM_FORMAT, type TeamGrant, type TeamRecord } from '../team/team.ts';
import { assertMachineCanRun } from './can-run.ts';
import { ensureSupervisor } from './ensure.ts';
import { foundTeam, joinTeam, leaveTeam, newHost, readJoinable } from './join.ts';
import { readRepositories, whatIsLeftOut, withRepositories } from './repositories.ts';
import { teamStatus } from './team-status.ts';

/** What a definition of agents makes of a teammate. */
export type TeammateKind = Partial<
  Pick<RosterEntry, 'prompt' | 'model' | 'tools' | 'skills' | 'replies' | 'color'>
>;

/** A team that is to be started. */
export interface LaunchRequest {
  name: string;
  job: string;
  teammates: ({ name: string; title: string } & TeammateKind)[];
  grants: TeamGrant[];
  /** Absolute path of the folder that it is about. */
  project?: string | null;
  /** What the project says to all agents. */
  instructions?: string;
  /** Rules of hosts that programs may reach. */
  allowHosts: string[];
  model: string;
  leadModel: string;
  budgetUsd?: number;
  maxTurns: number;
  maxTokens?: number;
  maxMinutes?: number;
  maxMessages?: number;
  /** Whether teammates change nothing before their plan is approved. */
  requirePlan?: boolean;
  /** Whether the lead only delegates: it has no tool that changes anything. */
  delegate?: boolean;
  limits: Partial<Limits>;
  /** The command that each push to a repository must pass. */
  check?: string;
  /** Its longest time, in minutes. */
  checkMinutes?: number;
  replies?: ReplySettings;
  sandbox: Sandbox;
  /** Which guest image its machines have; without it `plain`. */
  image?: ImageName;
  /** Absolute path of a rehearsal script. */
  rehearsal: string | null;
  /** Absolute path of a new file that model traffic is recorded to. */
  record?: string | null;
  /** What each task asks for before it counts as completed. */
  requires?: TaskNeed[];
  /** Server that keeps mail and tasks; null for files. */
  store?: string | null;
  /** What plugins and folders of skills bring. */
  extensions?: TeamExtensions;
  /** Whether the team is there already, launched on another host: only teammates are started here, and `job` is its. */
  joins?: boolean;
}

/** Longest time from launch until all agents are ready, in milliseconds. */
const READY_MS = 240_000;

/**
 * Makes a team and starts its supervisor. What can be known to be wrong is found before anything is made; when the start
 * itself fails, nothing half-made is left. `notes` are for the user.
 */
export async function launchTeam(of: {
  home: string;
  env: NodeJS.ProcessEnv;
  request: LaunchRequest;
}): Promise<{ name: string; dir: string; notes: string[] }> {
  const { home, env, request } = of;
  const images = imagesFolder(home, env);
  await assertModelConfigured(request, env);
  if (request.sandbox === 'vm') await assertMachineCanRun(home, { images, ...ofImage(request) });
  const now = new Date().toISOString();
  const agent = (
    entry: Pick<RosterEntry, 'name' | 'role' | 'title' | 'model'> & TeammateKind,
    needsPlan = false,
  ): RosterEntry => ({
    ...(needsPlan ? { plan: 'needed' } : {}),
    prompt: '',
    ...entry,
    wanted: 'running',
    reason: '',
    key: null,
    added: now,
  });
  const teammates = request.teammates.map((teammate) =>
    agent({ model: request.model, ...teammate, role: 'teammate' }, request.requirePlan === true),
  );
  const lead = {
    ...agent({ name: 'lead', role: 'lead', title: 'lead', model: request.leadModel }),
    ...(request.delegate === true ? { tools: DELEGATE_TOOLS } : {}),
  };
  const { store = null, joins = false } = request;
  const joined =
    store !== null && joins
      ? await readJoinable(
          store,
          request.name,
          teammates.map(({ name }) => name),
        )
      : undefined;
  const record: TeamRecord = {
    v: TEAM_FORMAT,
    revision: 1,
    name: request.name,
    job: joined?.job ?? request.job,
    created: now,
    phase: 'running',
    ended: null,
    summary: null,
    sandbox: request.sandbox,
    rehearsal: request.rehearsal,
    ...(typeof request.record === 'string' ? { record: request.record } : {}),
    images,
    ...ofImage(request),
    grants: request.grants,
    ...(typeof request.project === 'string' ? { project: request.project } : {}),
    ...(request.instructions === undefined || request.instructions === ''
      ? {}
      : { instructions: request.instructions }),
    allowHosts: request.allowHosts,
    budgetUsd: request.budgetUsd ?? null,
    maxTurns: request.maxTurns,
    ...(request.requires === undefined || request.requires.length === 0
      ? {}
      : { requires: request.requires }),
    ...(store === null ? {} : { store, host: await newHost() }),
    maxTokens: request.maxTokens ?? null,
    maxMinutes: request.maxMinutes ?? null,
    maxMessages: request.maxMessages ?? null,
    requirePlan: request.requirePlan ?? false,
    ...(request.check === undefined ? {} : { check: request.check }),
    ...(request.checkMinutes === undefined ? {} : { checkMinutes: request.checkMinutes }),
    ...(Object.keys(request.replies ?? {}).length === 0 ? {} : { replies: request.replies }),
    ...(Object.keys(request.limits).length === 0 ? {} : { limits: request.limits }),
    agents: [...(joined === undefined ? [lead] : []), ...teammates],
    ...joined,
  };
  const sources = await readRepositories(request);
  record.grants = withRepositories(request, sources);
  const dir = await createTeam(home, record);
  const log = openSharedTeam(openBackend(dir));
  try {
    const { extensions } = request;
    if (extensions !== undefined && extensions.sources.length + (extensions.servers?.length ?? 0) > 0) {
      await writeTeamExtensions(dir, extensions);
      await askAboutServers(dir, extensions);
    }
    for (const { grant, source, branch } of sources) {
      await createHub(dir, { grant: grant.name, source, branch });
    }
    if (typeof request.record === 'string') await beginRecording(request.record, request);
    if (record.host !== undefined) await (joined === undefined ? foundTeam : joinTeam)(log, record);
    await ensureSupervisor(home, request.name).catch(async (error: unknown) => {
      await withdraw(dir, log, record);
      throw error;
    });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  return { name: request.name, dir, notes: sources.flatMap(whatIsLeftOut) };
}

function ofImage({ image }: LaunchRequest): Pick<TeamRecord, 'image'> {
  return image === undefined || image === 'plain' ? {} : { image };
}

/** Servers of the project that wait for consent are the team's first requests: each to be allowed as it is now. */
async function askAboutServers(dir: string, { servers = [] }: TeamExtensions): Promise<void> {
  for (const server of servers) {
    if (server.isAgreed || !server.isConfigured || server.type === 'ws' || server.checksum === undefined)
      continue;
    await askApproval(dir, {
      ...{ kind: 'connector', agent: 'team', incarnation: 0 },
      what: `${server.name}: ${describeServer(server)}`,
      why: 'The project brings this MCP server in its .mcp.json. Allowed, the agents of this team may use it.',
      detail: { server: server.name, checksum: server.checksum },
    });
  }
}

/** Takes back what a server was told of a team that then did not start. What goes wrong with that is not the reason to tell. */
async function withdraw(dir: string, log: SharedTeamLog, record: TeamRecord): Promise<void> {
  const isFounder = record.agents[0]?.role === 'lead';
  await (isFounder ? removeFromServer(dir) : leaveTeam(log, record)).catch(() => undefined);
}

/** Resolves with the names of all agents once each is ready or has failed. Throws TEAM_NOT_READY. */
export async function readyAgents(dir: string, onChange: (status: TeamStatus) => void): Promise<string[]> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const status = await teamStatus(dir);
    onChange(status);
    const own = status.agents.filter(({ host }) => host === undefined);
    const waiting = own.filter(({ state }) => state === 'starting');
    if (waiting.length === 0 || !['starting', 'running'].includes(status.state)) {
      return own.map(({ name }) => name);
    }
    if (performance.now() > deadline) {
      const steps = waiting.map(({ name, reason }) => `${name} (${reason})`);
      throw new CoworkError('TEAM_NOT_READY', `Not ready after ${READY_MS / 1000} s: ${steps.join(', ')}.`);
    }
    await delay(200);
  }
}

/** Throws MODEL_NOT_CONFIGURED and the like when a team would have no model. */
export async function assertModelConfigured(
  { rehearsal, name, job }: Pick<LaunchRequest, 'rehearsal' | 'name' | 'job'>,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const context = { team: name, job, grants: [], teammates: [] };
  const upstream = await openUpstream({ env, rehearsal: rehearsal ?? undefined, context });
  await upstream[Symbol.asyncDispose]();
}
