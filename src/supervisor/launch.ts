import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type TeamExtensions, writeTeamExtensions } from '../extensions/use/team-extensions.ts';
import { openUpstream } from '../model/open-upstream.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { Limits } from '../protocol/limits.ts';
import { DELEGATE_TOOLS } from '../protocol/permits.ts';
import type { TaskNeed } from '../protocol/task.ts';
import type { Sandbox, TeamStatus } from '../protocol/team.ts';
import { openBackend } from '../store/open-backend.ts';
import { imagesFolder } from '../team/paths.ts';
import { createTeam, type RosterEntry, type TeamGrant } from '../team/team.ts';
import { assertMachineCanRun } from './can-run.ts';
import { ensureSupervisor } from './ensure.ts';
import { teamStatus } from './team-status.ts';

/** A team that is to be started. */
export interface LaunchRequest {
  name: string;
  job: string;
  teammates: { name: string; title: string }[];
  grants: TeamGrant[];
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
  sandbox: Sandbox;
  /** Absolute path of a rehearsal script. */
  rehearsal: string | null;
  /** What each task asks for before it counts as completed. */
  requires?: TaskNeed[];
  /** Server that keeps mail and tasks; null for files. */
  store?: string | null;
  /** What plugins and folders of skills bring. */
  extensions?: TeamExtensions;
}

/** Longest time from launch until all agents are ready, in milliseconds. */
const READY_MS = 240_000;

/**
 * Makes a team and starts its supervisor. What can be known to be wrong is found before anything is made; when the start
 * itself fails, nothing half-made is left.
 */
export async function launchTeam(of: {
  home: string;
  env: NodeJS.ProcessEnv;
  request: LaunchRequest;
}): Promise<{ name: string; dir: string }> {
  const { home, env, request } = of;
  const images = imagesFolder(home, env);
  await assertModelConfigured(request, env);
  if (request.sandbox === 'vm') await assertMachineCanRun(home, images);
  const now = new Date().toISOString();
  const agent = (
    entry: Pick<RosterEntry, 'name' | 'role' | 'title' | 'model'>,
    needsPlan = false,
  ): RosterEntry => ({
    ...(needsPlan ? { plan: 'needed' } : {}),
    ...entry,
    prompt: '',
    wanted: 'running',
    reason: '',
    key: null,
    added: now,
  });
  const dir = await createTeam(home, {
    v: 1,
    revision: 1,
    name: request.name,
    job: request.job,
    created: now,
    phase: 'running',
    ended: null,
    summary: null,
    sandbox: request.sandbox,
    rehearsal: request.rehearsal,
    images,
    grants: request.grants,
    allowHosts: request.allowHosts,
    budgetUsd: request.budgetUsd ?? null,
    maxTurns: request.maxTurns,
    ...(request.requires === undefined || request.requires.length === 0
      ? {}
      : { requires: request.requires }),
    ...(typeof request.store === 'string' ? { store: request.store } : {}),
    maxTokens: request.maxTokens ?? null,
    maxMinutes: request.maxMinutes ?? null,
    maxMessages: request.maxMessages ?? null,
    requirePlan: request.requirePlan ?? false,
    ...(Object.keys(request.limits).length === 0 ? {} : { limits: request.limits }),
    agents: [
      {
        ...agent({ name: 'lead', role: 'lead', title: 'lead', model: request.leadModel }),
        ...(request.delegate === true ? { tools: DELEGATE_TOOLS } : {}),
      },
      ...request.teammates.map(({ name, title }) =>
        agent({ name, role: 'teammate', title, model: request.model }, request.requirePlan === true),
      ),
    ],
  });
  try {
    if (request.extensions !== undefined && request.extensions.sources.length > 0) {
      await writeTeamExtensions(dir, request.extensions);
    }
    await openBackend(dir).inboxes(); // a server that can't be reached is said now
    await ensureSupervisor(home, request.name);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  return { name: request.name, dir };
}

/** Resolves with the names of all agents once each is ready or has failed. Throws TEAM_NOT_READY. */
export async function readyAgents(dir: string, onChange: (status: TeamStatus) => void): Promise<string[]> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const status = await teamStatus(dir);
    onChange(status);
    const waiting = status.agents.filter(({ state }) => state === 'starting');
    if (waiting.length === 0 || !['starting', 'running'].includes(status.state)) {
      return status.agents.map(({ name }) => name);
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
