// Without zod: the guest reads these words, too.

/** The tools with which an agent acts by itself. Mail, tasks, plans and questions are every agent's and not among them. */
export const ACTING_TOOLS = [
  'bash',
  'read',
  'write',
  'edit',
  'glob',
  'grep',
  'web_fetch',
  'run_subagent',
  'present',
] as const;
export type ActingTool = (typeof ACTING_TOOLS)[number];

/** With which it can change a folder. */
const CHANGING: readonly string[] = ['bash', 'write', 'edit'];
/** With which it, or what it runs, reaches other hosts. */
const REACHING: readonly string[] = ['bash', 'web_fetch'];

/** What a lead has that only delegates: it looks, and leaves the work to others. */
export const DELEGATE_TOOLS: readonly ActingTool[] = [
  'read',
  'glob',
  'grep',
  'web_fetch',
  'run_subagent',
  'present',
];

/** An agent with a list of tools; without one it has all. */
interface Permitted {
  tools?: readonly string[] | null | undefined;
}

export const mayUse = ({ tools }: Permitted, tool: string): boolean => tools?.includes(tool) ?? true;
export const mayChange = (agent: Permitted): boolean => CHANGING.some((tool) => mayUse(agent, tool));
export const mayReach = (agent: Permitted): boolean => REACHING.some((tool) => mayUse(agent, tool));

/** Names of tools as others write them in definitions of agents. */
const OTHERWISE: Record<string, ActingTool> = {
  webfetch: 'web_fetch',
  task: 'run_subagent',
  agent: 'run_subagent',
  multiedit: 'edit',
};

/** The tool that a name means, in any case; undefined when there is none, or it is narrowed (`Bash(git *)`) to what nobody here enforces. */
export function actingTool(name: string): ActingTool | undefined {
  const lower = name.trim().toLowerCase();
  return ACTING_TOOLS.find((tool) => tool === lower) ?? OTHERWISE[lower];
}

/** Whether a tool is one of an MCP server. */
export const isServerTool = (name: string): boolean => name.startsWith('mcp__');

/**
 * Whether a list of tools names this one of a server: `mcp__server__tool`, or all of the server as `mcp__server` or
 * `mcp__server__*`; `mcp__*` is all of all servers.
 */
export function namesServerTool(listed: readonly string[], name: string): boolean {
  return listed.some((each) => {
    if (!isServerTool(each)) return false;
    if (each === 'mcp__*') return isServerTool(name);
    const all = each.replace(/__\*$/, '');
    return name === each || ((all !== each || all.split('__').length === 2) && name.startsWith(`${all}__`));
  });
}

/** Whether an agent may call a tool of a server; one with a list may call what that names. */
export const mayCall = ({ tools }: Permitted, name: string): boolean =>
  tools === undefined || tools === null || namesServerTool(tools, name);
