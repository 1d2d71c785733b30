import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import { isServerTool, namesServerTool } from '../protocol/permits.ts';

/** What public plugins call tools, and what they are called here. */
const NAMES: Record<string, string> = {
  agent: 'run_subagent',
  ls: 'glob',
  multiedit: 'edit',
  notebookedit: 'edit',
  notebookread: 'read',
  task: 'run_subagent',
  webfetch: 'web_fetch',
};

/** A tool as a plugin names it: `Read`, or `Bash(git:*)`, which is for commands that begin with `git` only. */
interface Named {
  name: string;
  pattern: string | null;
}

function named(given: string): Named {
  const [, base = '', pattern] = /^([^(]*)(?:\((.*)\))?\s*$/s.exec(given.trim()) ?? [];
  const name = base.trim().toLowerCase();
  return {
    name: base.startsWith('mcp__') ? base.trim() : (NAMES[name] ?? name),
    pattern: pattern === undefined || /^[:*\s]*$/.test(pattern) ? null : pattern,
  };
}

/** The tools that a list names; a shell that is narrowed there takes only what fits. Without a list, or with `*`, all. */
export function onlyTools(
  tools: readonly BetaRunnableTool[],
  given: readonly string[] | null | undefined,
): BetaRunnableTool[] {
  if (given === null || given === undefined || given.includes('*')) return [...tools];
  const wanted = given.map(named);
  return tools.flatMap((tool) => {
    if (isServerTool(tool.name)) return namesServerTool(given, tool.name) ? [tool] : [];
    const rules = wanted.filter(({ name }) => name === tool.name);
    if (rules.length === 0) return [];
    const patterns = rules.map(({ pattern }) => pattern);
    if (patterns.includes(null)) return [tool];
    // Of other tools nobody here holds a pattern: rather none than more than was meant.
    return tool.name === 'bash' ? [narrowed(tool, patterns.map(String))] : [];
  });
}

/** The tools without those that a list names; one that is narrowed there is left out whole. */
export function withoutTools(
  tools: readonly BetaRunnableTool[],
  given: readonly string[],
): BetaRunnableTool[] {
  const unwanted = new Set(given.map((each) => named(each).name));
  return tools.filter(({ name }) => !unwanted.has(name) && !namesServerTool(given, name));
}

function narrowed(tool: BetaRunnableTool, patterns: readonly string[]): BetaRunnableTool {
  const begins = patterns.map((pattern) => pattern.replace(/:?\*$/, '').trim());
  return {
    ...tool,
    run: (input, context) => {
      const command = String((input as { command?: unknown }).command ?? '').trim();
      // One command, nothing that makes two of it.
      const isOne = !/[;&|`$<>()\n]/.test(command);
      if (isOne && begins.some((each) => command === each || command.startsWith(`${each} `)))
        return tool.run(input, context);
      throw new ToolError(
        `Only single commands that begin with one of these are allowed: ${begins.join(', ')}.`,
      );
    },
  };
}
