import { resolve } from 'node:path';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import type { GateClient } from './gate-client.ts';

/** Tells the keeper which files the tools for files write. With a machine, the server of the folders sees all changes itself. */
export function tellingEdits(
  gate: GateClient,
  workspace: string,
): (tool: BetaRunnableTool) => BetaRunnableTool {
  return (tool) => {
    if (tool.name !== 'write' && tool.name !== 'edit') return tool;
    return {
      ...tool,
      run: async (input, context) => {
        const output = await tool.run(input, context);
        const { file_path: path } = (input ?? {}) as { file_path?: unknown };
        // Manners only: the edit itself is done.
        if (typeof path === 'string')
          await gate.call('POST', '/agent/edited', { path: resolve(workspace, path) }).catch(() => {});
        return output;
      },
    };
  };
}
