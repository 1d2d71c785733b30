// What a guest is told of skills, commands and agent definitions: shapes only, so that its bundle stays small.

import type { HookOffer } from './hooks.ts';

/** What plugins and skill folders bring to one agent. */
export interface ExtensionsOffer {
  /** The list of skills for the system prompt; empty when there is none. */
  skills: string;
  /** Skills that it knows from its start. */
  known: readonly string[];
  /** Hooks that are armed. */
  hooks: HookOffer[];
  /** Folders of plugins that tools may read, as the agent sees them. */
  folders: string[];
  /** Folders whose programs its shell finds by name. */
  path: string[];
  /** How many MCP servers are started for it. */
  servers: number;
}

export const NO_EXTENSIONS: ExtensionsOffer = {
  ...{ skills: '', known: [], hooks: [], folders: [], path: [] },
  servers: 0,
};

/** A skill or command that is to be used: its text, and what that needs. The answer to `/agent/skill`. */
export interface SkillText {
  name: string;
  kind: 'skill' | 'command';
  /** Its text without front matter; null when the agent reads `file` itself, because other agents can write it. */
  body: string | null;
  /** The file and its folder, and the folder of its plugin, as the agent sees them. */
  file: string;
  folder: string;
  root: string;
  /** Where the plugin may keep data. */
  data: string;
  /** Names of its arguments. */
  arguments: string[];
  /** Tools that a forked one is given; null: all. Tools that are off until the turn ends. */
  allowedTools: string[] | null;
  disallowedTools: string[];
  model: string | null;
  /** How much effort a forked one puts into replies. */
  effort?: string | null;
  /** Whether it runs as a helper with a context of its own, and as which. */
  isForked: boolean;
  agent: string | null;
  /** Why commands in its text do not run; null when they do. */
  noShell: string | null;
  /** What the user has set for its plugin and a model may see, by its key. */
  options?: Record<string, string>;
  /** Nothing in its text is filled in, attached or run: a server has written it. */
  isLiteral?: boolean;
}

/** The variable in which programs of a plugin have what the user has set. */
export const optionVariable = (key: string): string => `CLAUDE_PLUGIN_OPTION_${key.toUpperCase()}`;
