import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import { betaAgentToolset20260401 } from '@anthropic-ai/sdk/tools/agent-toolset/node';
import type { z } from 'zod';
import type { Welcome } from '../protocol/gate.ts';
import { TEAM_TOOLS, type TeamToolName, toolsFor } from '../protocol/tools.ts';
import { type GateClient, GateRefusal } from './gate-client.ts';

/** All tools of an agent: the SDK's for shell and files, ours for the team. */
export function agentTools(gate: GateClient, welcome: Welcome): BetaRunnableTool[] {
  const shellAndFiles = betaAgentToolset20260401({
    workdir: welcome.workspace,
    allowedRoots: ['/memory', ...welcome.grants.map((grant) => grant.path)],
    readOnlyRoots: welcome.grants.filter((grant) => grant.mode === 'ro').map((grant) => grant.path),
  });
  return [...shellAndFiles, ...toolsFor(welcome.role).map((name) => teamTool(gate, name))];
}

/** A tool of ours: the keeper checks and executes it, a refusal becomes a tool error with the keeper's JSON. */
function teamTool(gate: GateClient, name: TeamToolName): BetaRunnableTool {
  const { description, input } = TEAM_TOOLS[name];
  return betaZodTool({
    name,
    description,
    inputSchema: input as z.ZodType,
    run: async (args) => {
      try {
        return JSON.stringify(await gate.call('POST', `/tools/${name}`, args));
      } catch (error) {
        if (error instanceof GateRefusal) throw new ToolError(error.body);
        throw error;
      }
    },
  });
}
