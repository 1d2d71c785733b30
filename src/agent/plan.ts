import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type { GateClient } from './gate-client.ts';

/** Tools that change something, or may. */
const CHANGING = new Set(['bash', 'write', 'edit', 'run_subagent', 'present', 'skill']);

const REFUSED = {
  code: 'PLAN_NEEDED',
  message: 'Your plan is not approved yet, so nothing may be changed.',
  hint: 'Look around with read, glob and grep, then submit_plan and end your turn; the lead decides.',
};

/** Makes the tools of an agent that needs a plan: what changes things is refused until the lead has approved it. */
export function afterPlan(gate: GateClient): (tool: BetaRunnableTool) => BetaRunnableTool {
  let isApproved = false;
  return (tool) => {
    if (!CHANGING.has(tool.name)) return tool;
    return {
      ...tool,
      run: async (input, context) => {
        isApproved ||= (await gate.call<{ approved: boolean }>('GET', '/agent/plan')).approved;
        if (!isApproved) throw new ToolError(JSON.stringify({ error: REFUSED }));
        return tool.run(input, context);
      },
    };
  };
}
