import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';

/** Longest output of a tool that goes into the conversation, in characters, and what stays of a longer one at each end. */
const OUTPUT_MAX = 24_000;
const KEPT = 8_000;

/** The same tool, whose long output is cut in the middle; the whole of it is then in a file that the model is told of. */
export function cuttingOutput(tool: BetaRunnableTool, workspace: string): BetaRunnableTool {
  // A file is read in parts by asking for a range.
  if (tool.name === 'read') return tool;
  return {
    ...tool,
    run: async (input, context) => {
      const cut = (text: string) => cutOutput(text, workspace, context?.toolUse.id ?? 'output');
      try {
        const output = await tool.run(input, context);
        return typeof output === 'string' ? await cut(output) : output;
      } catch (error) {
        if (!(error instanceof ToolError) || typeof error.content !== 'string') throw error;
        throw new ToolError(await cut(error.content));
      }
    },
  };
}

async function cutOutput(text: string, workspace: string, id: string): Promise<string> {
  if (text.length <= OUTPUT_MAX) return text;
  const folder = join(workspace, '.cowork', 'output');
  const file = join(folder, `${id.replaceAll(/[^\w-]/g, '').slice(-40)}.txt`);
  const where = await mkdir(folder, { recursive: true })
    .then(() => writeFile(file, text))
    .then(
      () => `the whole is in ${file}`,
      () => 'the rest could not be kept', // a full disk must not lose what fits
    );
  const left = text.length - 2 * KEPT;
  return `${text.slice(0, KEPT)}\n\n[… ${left} characters left out; ${where}]\n\n${text.slice(-KEPT)}`;
}
