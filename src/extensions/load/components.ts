import type { HookHandler } from './hooks.ts';
import type { McpServer } from './mcp-servers.ts';

/** Longest description that is shown to a model, in characters. */
export const DESCRIPTION_MAX = 1536;

/** A skill or a command: text for an agent, found by its description and read when it is used. */
export interface Skill {
  kind: 'skill' | 'command';
  /** How it is called, without the plugin: `review`, `git:commit`. */
  name: string;
  /** The name that its author gives it, when that is another one. */
  title: string | null;
  /** Path of its text below the plugin's folder. */
  file: string;
  description: string;
  whenToUse: string;
  argumentHint: string;
  /** Names of its arguments, for `$name`. */
  arguments: string[];
  /** Whether the model may call it, and whether a person may. */
  forModel: boolean;
  forUser: boolean;
  allowedTools: string[] | null;
  disallowedTools: string[];
  model: string | null;
  effort: string | null;
  isForked: boolean;
  /** The agent definition that a forked one runs as. */
  agent: string | null;
  /** Globs of the files that it is about. */
  paths: string[];
  /** Whether its text has commands that run when it is used. */
  runsCommands: boolean;
  /** Hooks that are armed when it is used; once it is read they stand with those of its plugin. */
  hooks?: HookHandler[];
}

/** An agent definition: what a teammate or sub-agent can be. */
export interface AgentDefinition {
  name: string;
  file: string;
  description: string;
  tools: string[] | null;
  disallowedTools: string[];
  model: string | null;
  skills: string[];
  maxTurns: number | null;
  effort: string | null;
  color: string | null;
}

/** Everything that a plugin brings. */
export interface Components {
  skills: Skill[];
  commands: Skill[];
  agents: AgentDefinition[];
  hooks: HookHandler[];
  mcpServers: McpServer[];
  /** Programs in bin/. */
  programs: string[];
}

export const NO_COMPONENTS: Components = {
  skills: [],
  commands: [],
  agents: [],
  hooks: [],
  mcpServers: [],
  programs: [],
};
