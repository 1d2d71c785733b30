import type { Egress } from '../gate/egress/egress.ts';
import { readRule } from '../gate/egress/rules.ts';
import { type JsonRoute, jsonRoute } from '../gate/server.ts';
import { unmergedPushes } from '../git/state.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { createRate } from '../mailbox/rate.ts';
import { createMemoryTool } from '../memory/command.ts';
import type { Memory } from '../memory/memory.ts';
import { CoworkError } from '../protocol/errors.ts';
import { mayUse } from '../protocol/permits.ts';
import type { AgentStatus, Role } from '../protocol/team.ts';
import { TEAM_TOOLS, type TeamToolInput, type TeamToolName, toolsFor } from '../protocol/tools.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { agentStatus } from '../team/agent-status.ts';
import { askApproval } from '../team/approvals.ts';
import { runningMembers, stopAgent } from '../team/roster.ts';
import { endTeam, findAgent, findMember, readTeam } from '../team/team.ts';
import { reviewPlan, submitPlan } from './plans.ts';
import { post } from './post.ts';
import { readMessage } from './read-message.ts';
import { spawnTeammate } from './spawn.ts';
import { webFetch } from './web-fetch.ts';

/** Whose tools these are and what they act on. */
export interface ToolContext {
  home: string;
  dir: string;
  agent: string;
  role: Role;
  incarnation: number;
  mailbox: Mailbox;
  egress: Egress;
  tasks: TaskList;
  memory: Memory;
  /** Name of the team. */
  team: string;
  /** Counts messages sent; refuses when the team has sent as many as it may. */
  onSend: (number: number) => void;
  /** Told of everything that the agent does by itself, so that the runtime need not do it again. */
  onAct: (
    act: 'message to lead' | 'message' | 'task settled' | 'task claimed' | 'job finished',
    id: string,
  ) => void;
}

type Handlers = { [Name in TeamToolName]: (input: TeamToolInput<Name>) => Promise<unknown> };

/** The gate's routes of the team tools, for one agent; a tool that its role does not have is refused. */
export function teamToolRoutes(context: ToolContext): Record<string, JsonRoute> {
  const handlers = {
    ...mailTools(context),
    ...readTools(context),
    ...taskTools(context),
    memory: createMemoryTool(context.memory, { agent: context.agent, team: context.team }),
    ...accessTools(context),
    ...webTools(context),
    ...planTools(context),
    ...leadTools(context),
  } satisfies Handlers;
  const allowed = new Set(toolsFor(context.role));
  // Object.keys of a const table yields exactly its keys.
  const names = Object.keys(TEAM_TOOLS) as TeamToolName[];
  return Object.fromEntries(
    names.map((name) => [
      `/tools/${name}`,
      jsonRoute(TEAM_TOOLS[name].input, async (input) => {
        if (!allowed.has(name))
          throw new CoworkError('TOOL_REFUSED', `${name} is not for a ${context.role}.`);
        // The schema of this very name has parsed the input.
        return (handlers[name] as (input: unknown) => Promise<unknown>)(input);
      }),
    ]),
  );
}

function mailTools({ dir, agent, incarnation, mailbox, onAct, onSend }: ToolContext) {
  const rate = createRate();
  return {
    send_message: async (input: TeamToolInput<'send_message'>) => {
      const team = readTeam(dir);
      rate.take(1);
      if (input.to === agent)
        throw new CoworkError('REQUEST_INVALID', 'That is you. Write to another agent.');
      onSend(1);
      const message = await post(mailbox, team, {
        from: agent,
        to: input.to,
        text: input.text,
        incarnation,
        replyTo: input.reply_to ?? null,
        ...(input.priority === undefined ? {} : { priority: input.priority }),
        ...(input.key === undefined ? {} : { key: input.key }),
      });
      onAct(input.to === 'lead' ? 'message to lead' : 'message', input.reply_to ?? '');
      return message;
    },
    broadcast: async (input: TeamToolInput<'broadcast'>) => {
      const others = runningMembers(readTeam(dir)).filter((name) => name !== agent);
      rate.take(others.length);
      onSend(others.length);
      const messages = await mailbox.broadcast({
        from: agent,
        recipients: others,
        text: input.text,
        incarnation,
        ...(input.priority === undefined ? {} : { priority: input.priority }),
        ...(input.key === undefined ? {} : { key: input.key }),
      });
      onAct(others.includes('lead') ? 'message to lead' : 'message', '');
      return messages;
    },
  };
}

function readTools({ agent, mailbox }: ToolContext) {
  return {
    read_message: ({ id, offset = 0 }: TeamToolInput<'read_message'>) =>
      readMessage(mailbox, agent, id, offset),
  };
}

function taskTools({ agent, incarnation, tasks, dir, onAct }: ToolContext) {
  return {
    task_create: async (input: TeamToolInput<'task_create'>) => {
      if (input.owner !== undefined) findMember(readTeam(dir), input.owner);
      return tasks.create({
        by: agent,
        incarnation,
        subject: input.subject,
        description: input.description,
        ...(input.depends_on === undefined ? {} : { dependsOn: input.depends_on }),
        ...(input.owner === undefined ? {} : { owner: input.owner }),
        ...(input.key === undefined ? {} : { key: input.key }),
        needs: [...new Set([...(readTeam(dir).requires ?? []), ...(input.needs ?? [])])],
      });
    },
    task_list: async ({ state, owner }: TeamToolInput<'task_list'>) =>
      tasks.list({ ...(state === undefined ? {} : { state }), ...(owner === undefined ? {} : { owner }) }),
    task_get: async ({ id }: TeamToolInput<'task_get'>) => tasks.get(id),
    task_claim: async ({ id }: TeamToolInput<'task_claim'>) => {
      const claim = await tasks.claim({ by: agent, incarnation, ...(id === undefined ? {} : { id }) });
      if (claim.won) {
        onAct('task claimed', claim.task.id);
        return claim.task;
      }
      throw new CoworkError(
        id === undefined ? 'TASK_NONE_OPEN' : 'TASK_TAKEN',
        id === undefined ? 'No task is open for you.' : `${id} can't be claimed: ${claim.reason}.`,
      );
    },
    task_update: async (input: TeamToolInput<'task_update'>) => {
      if (input.owner !== undefined) findMember(readTeam(dir), input.owner);
      const outcome = await tasks.update({
        by: agent,
        incarnation,
        id: input.id,
        state: input.state,
        ...(input.result === undefined ? {} : { result: input.result }),
        ...(input.evidence === undefined ? {} : { evidence: input.evidence }),
        ...(input.owner === undefined ? {} : { owner: input.owner }),
      });
      if (!outcome.ok) throw outcome.refusal;
      if (input.state !== 'in_progress') onAct('task settled', input.id);
      return outcome.task;
    },
  };
}

function accessTools({ dir, agent, incarnation, onAct }: ToolContext) {
  return {
    // What the host has is not looked at here: the answer would tell the agent which paths there are.
    ask_user: async ({ question, options = [] }: TeamToolInput<'ask_user'>) => {
      const why = options.length === 0 ? '' : `One of: ${options.join(' · ')}`;
      const asked = {
        kind: 'question',
        agent,
        incarnation,
        what: question,
        why,
        detail: { options },
      } as const;
      const { id, state } = await askApproval(dir, asked);
      onAct('message', id); // it may wait for the answer as long as that takes
      return { request: id, state, text: 'The user is asked. Go on; the answer comes as a message.' };
    },
    request_access: async ({ kind, target, why }: TeamToolInput<'request_access'>) => {
      const what = kind === 'host' ? readRule(target).text : target;
      const { id, state } = await askApproval(dir, { kind, agent, incarnation, what, why });
      return { request: id, state, text: 'The user is asked. Go on; you will be told by message.' };
    },
  };
}

function webTools({ dir, agent, egress }: ToolContext) {
  return {
    web_fetch: ({ url, offset = 0 }: TeamToolInput<'web_fetch'>) => {
      if (!mayUse(findAgent(readTeam(dir), agent), 'web_fetch'))
        throw new CoworkError('TOOL_REFUSED', 'web_fetch is not among your tools.');
      return webFetch(egress, url, offset);
    },
  };
}

function planTools({ dir, agent, incarnation, mailbox, onAct }: ToolContext) {
  return {
    submit_plan: async ({ plan }: TeamToolInput<'submit_plan'>) => {
      const team = await submitPlan(dir, { agent, incarnation, plan });
      const text = `My plan, for your decision with review_plan:\n${plan}`;
      await post(mailbox, team, { from: agent, to: 'lead', text, incarnation });
      onAct('message to lead', '');
      return { plan: 'submitted', text: 'End your turn; the decision comes as a message.' };
    },
  };
}

function leadTools({ home, dir, agent, incarnation, mailbox, tasks, onAct }: ToolContext) {
  return {
    spawn_teammate: async (input: TeamToolInput<'spawn_teammate'>): Promise<AgentStatus> => {
      const team = await spawnTeammate(home, dir, input);
      return agentStatus(dir, team, findAgent(team, input.name), 0);
    },
    review_plan: async ({
      name,
      approve,
      feedback = '',
    }: TeamToolInput<'review_plan'>): Promise<AgentStatus> => {
      const team = await reviewPlan(dir, name, { approve, feedback });
      const said = feedback === '' ? '' : ` ${feedback}`;
      const text = approve
        ? `Your plan is approved. You may change things now; go on with it.${said}`
        : `Your plan is not approved.${said} Submit another one with submit_plan.`;
      await post(mailbox, team, { from: agent, to: name, text, incarnation });
      onAct('message', '');
      return agentStatus(dir, team, findAgent(team, name), 0);
    },
    stop_teammate: async ({
      name,
      reason,
    }: TeamToolInput<'stop_teammate'>): Promise<Pick<AgentStatus, 'name' | 'state' | 'reason'>> => {
      if (name === agent)
        throw new CoworkError('REQUEST_INVALID', 'That is you. End the job with finish_job.');
      const team = await stopAgent(dir, name, reason);
      const stopped = findMember(team, name);
      if ('host' in stopped)
        return { name, state: 'stopping', reason: `asked of its host, ${stopped.host.label}` };
      return agentStatus(dir, team, stopped, 0);
    },
    finish_job: async ({ summary, force }: TeamToolInput<'finish_job'>) => {
      const open = (await tasks.list()).filter(({ state }) => !SETTLED.includes(state));
      if (open.length > 0 && force !== true) {
        const names = open.slice(0, 10).map(({ id, state }) => `${id} (${state})`);
        throw new CoworkError('JOB_OPEN', `Open tasks: ${names.join(', ')}.`);
      }
      const unmerged = await unmergedPushes(dir, readTeam(dir));
      const pushes = unmerged.map(({ agent: by, grant }) => `${by}'s push to ${grant}`);
      if (pushes.length > 0 && force !== true)
        throw new CoworkError('JOB_OPEN', `Not merged yet: ${pushes.join(', ')}.`, {
          hint: 'End your turn: you are told when it is settled.',
        });
      const team = await endTeam(dir, 'done', summary);
      onAct('job finished', '');
      return { team: team.name, state: team.phase, summary: team.summary };
    },
  };
}

const SETTLED = ['completed', 'failed', 'cancelled'];
