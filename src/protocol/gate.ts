// What a guest needs to know of the gate: words and shapes only, so that the agent's bundle carries no schema library.
import type { ExtensionsOffer } from './extensions.ts';
import type { ImageName } from './images.ts';
import type { Message } from './message.ts';
import type { ServerEvent } from './servers.ts';
import type { Task } from './task.ts';
import type { Color, ReplySettings, Role, Sandbox } from './team.ts';

/** First line that a guest writes; whatever came before it on the wire belongs to nobody. */
export const GATE_GREETING = 'cowork-gate 1\n';

/** Largest JSON body of a gate request in bytes; model requests have `MODEL_BODY_MAX`. */
export const GATE_BODY_MAX = 1024 * 1024;
export const MODEL_BODY_MAX = 32 * 1024 * 1024;

/**
 * Headers of a model request that sends only what is new of a conversation: its id, and how many messages the keeper has
 * already. The keeper puts the whole together; one that does not have them answers 409, and is then sent everything.
 */
export const CONVERSATION_HEADER = 'x-cowork-conversation';
export const AFTER_HEADER = 'x-cowork-after';
/** Set when a sub-agent asks. */
export const SUBAGENT_HEADER = 'x-cowork-subagent';

/**
 * A POST to this route is a connection to the agent's HTTP proxy: its body is what a program sends, the answer what it receives, both as they
 * are on a socket.
 */
export const EGRESS_PATH = '/egress';

/** A POST to this route is a connection of the agent's git to the team's repositories; its first line says which and what for, as git says it to ssh. */
export const GIT_PATH = '/git';

/** What an agent needs to know to make its clones. */
export interface CloneOffer {
  /** The branch that holds what has landed. */
  result: string;
  /** Path of the program that git runs in place of ssh. */
  pipe: string;
  /** The command by which each push is checked; null when there is none. */
  check: string | null;
}

/** What a machine learns that runs a check and is nobody. */
export interface CheckOrder {
  check: {
    /** The repository, as git asks for it. */
    name: string;
    commit: string;
    command: string;
    limitMs: number;
    pipe: string;
  };
  workspace: string;
  sandbox: Sandbox;
}

/** What an agent learns about itself when it arrives. It holds no host path, no key and no token. */
export interface Welcome {
  team: string;
  name: string;
  role: Role;
  incarnation: number;
  job: string;
  /** What the lead asked of this agent; empty for the lead. */
  prompt: string;
  model: string;
  /** In which its name is shown, when its definition says so. */
  color?: Color;
  /** Folders as the agent sees them; `failed` says why one is missing. */
  grants: { name: string; path: string; mode: string; failed: string | null }[];
  roster: { name: string; role: string }[];
  /** Hosts that programs may reach. */
  allowHosts: string[];
  workspace: string;
  sandbox: Sandbox;
  /** What is in its machine, when that is not the plain image. */
  image?: ImageName;
  /** With which tools it may act (`permits.ts`); null: with all. */
  mayUse: readonly string[] | null;
  /** The tools that act on the team; the keeper checks and executes them. */
  tools: TeamToolOffer[];
  /** Title of the rehearsal when a script plays the model. */
  rehearsal: string | null;
  maxTurns: number;
  /** Milliseconds since 1970, host clock. */
  now: number;
  cols: number;
  rows: number;
  /** Whether a transcript of an earlier incarnation can be fetched. */
  resumes: boolean;
  /** Whether it has come back at rest: nothing was cut off, and it begins no turn by itself. */
  wasAtRest?: true;
  /** Whether it changes nothing before the lead has approved its plan. */
  needsPlan: boolean;
  replies: ReplySettings;
  /** Tokens that the model takes in; the conversation is made shorter before it is full. */
  contextTokens: number;
  /** What files of the user and of the granted folders ask for, each with where it stands. */
  instructions: { path: string; text: string }[];
  /** Which notes are remembered, one line each; empty when there are none. */
  memory: string;
  /** Kinds of helpers that `run_subagent` knows. */
  agents: AgentDefinition[];
  /** What plugins and folders of skills bring. */
  extensions: ExtensionsOffer;
  /** There when folders are granted as clones. */
  clones?: CloneOffer;
}

/** A kind of helper, from a Markdown file. */
export interface AgentDefinition {
  name: string;
  description: string;
  /** Null: fetched when it is used. */
  prompt: string | null;
  /** Null: all that a helper has. */
  tools: string[] | null;
  disallowedTools?: string[];
  /** Skills whose text it is given at its start. */
  skills?: string[];
  /** Most replies of the model. */
  maxTurns?: number | null;
  /** Null: that of whoever calls it. */
  model: string | null;
  /** How much effort a teammate or helper of this kind puts into replies. */
  effort?: string | null;
  /** In which people are shown a teammate of this kind. */
  color?: string | null;
}

/** A tool of the team as the model is offered it. */
export interface TeamToolOffer {
  name: string;
  description: string;
  /** JSON Schema of an object. */
  inputSchema: { type: 'object'; [keyword: string]: unknown };
}

/** What the keeper tells its agent, one JSON object a line. */
export type AgentEvent =
  | ServerEvent
  | { type: 'mail'; messages: Message[] }
  | { type: 'task'; task: Task }
  | { type: 'news'; news: TeamNews }
  /** The user has added a task: hooks are to look at it, and `/agent/task-checked` to hear what they say. */
  | { type: 'user-task'; task: Task }
  | { type: 'nudge'; text: string }
  /** The conversation is to be replaced by a summary. */
  | { type: 'compact' }
  | { type: 'model'; model: string }
  /** What is asked of replies from now on. */
  | { type: 'replies'; replies: ReplySettings }
  | { type: 'resize'; cols: number; rows: number }
  /** To end: what runs has so long to finish, then it is interrupted; `save`: what is in the scratch folder would be lost. */
  | { type: 'shutdown'; reason: string; finishMs: number; save: boolean };

/** The keeper's answer to what a person typed at the agent's prompt. */
export interface UserAnswer {
  /** Lines to show to the person. */
  lines: string[];
  /** Clear the screen first. */
  clear?: boolean;
}

/** What wakes a sleeping lead besides mail. */
export type TeamNews =
  | { type: 'task_completed' | 'task_failed'; task: Task }
  | { type: 'tasks_settled'; open: number; completed: number; failed: number };

/** A block of a message as the Messages API has it. */
export interface TranscriptBlock {
  type: string;
  [field: string]: unknown;
}

/** One record of a transcript: what was said to the model, and what it said. */
export type TranscriptEntry =
  | { type: 'user' | 'assistant'; content: TranscriptBlock[] }
  /** What the user side says in place of all that was before. */
  | { type: 'compacted'; content: TranscriptBlock[] }
  | { type: 'note'; text: string };
