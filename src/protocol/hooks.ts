// What a guest and its keeper say of hooks: shapes and words only.

/** The events at which agents run hooks. */
export const AGENT_EVENTS = [
  'SessionStart',
  'UserPromptSubmit',
  'UserPromptExpansion',
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
  'PostToolBatch',
  'Notification',
  'SubagentStart',
  'SubagentStop',
  'TaskCreated',
  'TaskCompleted',
  'TeammateIdle',
  'Stop',
  'StopFailure',
  'PreCompact',
  'PostCompact',
  'SessionEnd',
] as const;
export type AgentEvent = (typeof AGENT_EVENTS)[number];

export const HOOK_TYPES = ['command', 'http', 'mcp_tool', 'prompt', 'agent'] as const;
export type HookType = (typeof HOOK_TYPES)[number];

/** A hook that is armed: somebody has agreed to it, and agents know its event and type. */
export interface HookOffer {
  /** Names it in reports: `plugin:3`. */
  id: string;
  plugin: string;
  event: AgentEvent;
  matcher: string;
  type: HookType;
  /** The command, address, prompt, or name of a server's tool. */
  what: string;
  /** Arguments, when the command is run without a shell. */
  args: string[] | null;
  isAsync: boolean;
  /** It runs once in a life of the agent. */
  isOnce?: boolean;
  /** It runs once this skill was used. */
  skill?: string;
  timeoutSeconds: number;
  /** Folder of its plugin, and where that keeps its data, as the agent sees them. */
  root: string;
  data: string;
  /** What a server's tool is given. */
  input?: Record<string, unknown>;
  /** Headers of a request. */
  headers?: Record<string, string>;
  /** What the user has set for its plugin, by the variables that its programs have it in. */
  options?: Record<string, string>;
}

export const HOOK_OUTCOMES = ['ok', 'blocked', 'failed'] as const;

/** How a hook ended the last time. */
export interface HookReport {
  id: string;
  outcome: (typeof HOOK_OUTCOMES)[number];
  /** Milliseconds that it took. */
  ms: number;
  /** What it said, or why it failed; cut. */
  said: string;
}

/** Only such characters: an exact name or a list of them; else a regular expression. */
export const NAME_LIST = /^[A-Za-z0-9_,|\- ]+$/;

/** Whether a matcher is for `name`; a regular expression matches anywhere in it. */
export function matches(matcher: string, name: string): boolean {
  if (matcher === '*') return true;
  if (NAME_LIST.test(matcher)) return matcher.split(/[,|]/).some((each) => each.trim() === name);
  return new RegExp(matcher).test(name);
}
