import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import { betaAgentToolset20260401 } from '@anthropic-ai/sdk/tools/agent-toolset/node';
import type { TeamToolOffer, Welcome } from '../protocol/gate.ts';
import { cuttingOutput } from './cut-output.ts';
import { type GateClient, GateRefusal } from './gate-client.ts';
import { afterPlan } from './plan.ts';
import { presentTool } from './present.ts';
import { subagentTool } from './subagents.ts';

/** All tools of an agent: the SDK's for shell and files, ours for the team. */
export function agentTools(gate: GateClient, welcome: Welcome, model: () => string): BetaRunnableTool[] {
  const team = welcome.tools.map((offer) => teamTool(gate, offer));
  const looking = team.filter(({ name }) => name === 'task_list' || name === 'task_get');
  const tools = () => [...shellAndFiles(welcome), ...looking];
  const roots = welcome.sandbox === 'vm' ? ['/grants', '/memory'] : welcome.grants.map(({ path }) => path);
  const present = presentTool(gate, welcome.workspace, roots);
  const all = [...shellAndFiles(welcome), ...team, present, subagentTool({ gate, welcome, model, tools })];
  return welcome.needsPlan ? all.map(afterPlan(gate)) : all;
}

/** The SDK's tools, with a shell of their own. */
function shellAndFiles(welcome: Welcome): BetaRunnableTool[] {
  const tools = betaAgentToolset20260401({
    workdir: welcome.workspace,
    // In a machine all of /grants: a folder may come later, and the server of the folders decides what is allowed.
    allowedRoots: [
      '/memory',
      ...(welcome.sandbox === 'vm' ? ['/grants'] : welcome.grants.map(({ path }) => path)),
    ],
    readOnlyRoots: welcome.grants.filter((grant) => grant.mode === 'ro').map((grant) => grant.path),
  });
  return tools.map((tool) => cuttingOutput(tool, welcome.workspace));
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
