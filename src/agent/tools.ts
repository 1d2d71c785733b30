import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import { betaAgentToolset20260401 } from '@anthropic-ai/sdk/tools/agent-toolset/node';
import type { TeamToolOffer, Welcome } from '../protocol/gate.ts';
import { mayUse } from '../protocol/permits.ts';
import { cuttingOutput } from './cut-output.ts';
import { tellingEdits } from './edits.ts';
import { type GateClient, GateRefusal } from './gate-client.ts';
import { hooked } from './hooks/around-tools.ts';
import type { Hooks } from './hooks/hooks.ts';
import { type LimitHit, LimitWatch, limited } from './machine-limits.ts';
import { afterPlan } from './plan.ts';
import { presentTool } from './present.ts';
import type { Servers } from './servers/servers.ts';
import { type Skills, skillTool } from './skills/skills.ts';
import { createHelpers, type Helpers } from './subagents.ts';

/** All tools of an agent: the SDK's for shell and files, ours for the team, those of its servers as they are at each call. */
export function agentTools(
  gate: GateClient,
  welcome: Welcome,
  model: () => string,
  { skills, hooks, servers }: { skills: Skills; hooks: Hooks; servers: Servers },
): () => BetaRunnableTool[] {
  const team = welcome.tools.map((offer) => teamTool(gate, offer));
  const looking = team.filter(({ name }) => ['task_list', 'task_get', 'web_fetch'].includes(name));
  const wrap = welcome.sandbox === 'vm' ? machineLimits(gate) : tellingEdits(gate, welcome.workspace);
  const may = ({ name }: { name: string }) => mayUse({ tools: welcome.mayUse }, name);
  const hasSkills = welcome.extensions.skills !== '';
  const around = hooked(hooks);
  const plain = () => [...shellAndFiles(welcome, wrap).filter(may), ...looking];
  const ofServers = () => servers.tools().map((tool) => cuttingOutput(tool, welcome.workspace));
  const tools = () => [...plain(), ...(hasSkills ? [skillTool(skills)] : []), ...ofServers()].map(around);
  const helpers = createHelpers({ gate, welcome, model, tools, skills, hooks });
  // What a hook asks is asked without hooks, or they would wait for each other.
  hooks.ask = (prompt, hasTools, signal) =>
    createHelpers({ gate, welcome, model, tools: plain, skills }).run({
      ...{ prompt, kind: undefined, only: hasTools ? ['read', 'glob', 'grep'] : [], signal },
    });
  servers.ask = (prompt, signal) =>
    createHelpers({ gate, welcome, model, tools: plain, skills }).run({
      ...{ prompt, kind: undefined, only: [], signal },
    });
  const roots = welcome.sandbox === 'vm' ? ['/grants', '/memory'] : welcome.grants.map(({ path }) => path);
  const present = presentTool(gate, welcome.workspace, roots);
  const own = [
    ...shellAndFiles(welcome, wrap).filter(may),
    ...team,
    ...[present, helpers.tool].filter(may),
    ...(hasSkills ? [skillTool(skills, forked(helpers))] : []),
  ];
  const wrapped = (list: BetaRunnableTool[]) => {
    const all = list.map(around);
    return welcome.needsPlan ? all.map(afterPlan(gate)) : all;
  };
  const lasting = wrapped(own);
  return () => [...lasting, ...wrapped(ofServers())];
}

/** The SDK's tools, with a shell of their own. */
function shellAndFiles(welcome: Welcome, wrap: Wrap): BetaRunnableTool[] {
  const tools = betaAgentToolset20260401({
    workdir: welcome.workspace,
    // In a machine all of /grants: a folder may come later, and the server of the folders decides what is allowed.
    allowedRoots: [
      '/memory',
      ...(welcome.sandbox === 'vm' ? ['/grants'] : welcome.grants.map(({ path }) => path)),
      ...welcome.extensions.folders,
    ],
    readOnlyRoots: [
      ...welcome.grants.filter((grant) => grant.mode === 'ro').map((grant) => grant.path),
      ...welcome.extensions.folders,
    ],
  });
  return tools.map((tool) => wrap(cuttingOutput(tool, welcome.workspace)));
}

/** Runs a skill that asks for it as a helper. */
function forked(helpers: Helpers): Parameters<typeof skillTool>[1] {
  return async ({ skill, text }, signal) =>
    helpers.run({
      prompt: text,
      kind: await helpers.kind(skill.agent ?? undefined),
      only: skill.allowedTools ?? undefined,
      without: skill.disallowedTools,
      model: skill.model,
      effort: skill.effort ?? null,
      signal,
    });
}

type Wrap = (tool: BetaRunnableTool) => BetaRunnableTool;

/** In a machine, makes tools say when its limits were reached; the keeper hears of it, too. */
function machineLimits(gate: GateClient): Wrap {
  const watch = new LimitWatch();
  // Lost with the gate, which is an end of its own.
  const report = (hit: LimitHit) => void gate.call('POST', '/agent/limit', hit).catch(() => {});
  return (tool) => limited(tool, watch, report);
}

/** A tool of ours: the keeper checks and executes it, a refusal becomes a tool error with the keeper's JSON. */
function teamTool(gate: GateClient, { name, description, inputSchema }: TeamToolOffer): BetaRunnableTool {
  return {
    type: 'custom',
    name,
    description,
    input_schema: inputSchema,
    parse: (input) => input,
    run: async (input) => {
      try {
        return JSON.stringify(await gate.call('POST', `/tools/${name}`, input));
      } catch (error) {
        if (error instanceof GateRefusal) throw new ToolError(error.body);
        throw error;
      }
    },
  };
}
