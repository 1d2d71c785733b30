// Without zod: readers of files use these words, and start fast.
import type { ImageName } from './images.ts';

export type Role = 'lead' | 'teammate';

/**
 * What an agent may do in a granted folder; `keep` is rw without delete, `review` stages until applied, `clone` gives each agent a
 * git clone of its own.
 */
export const GRANT_MODES = ['ro', 'rw', 'keep', 'review', 'clone'] as const;
export type GrantMode = (typeof GRANT_MODES)[number];

export const SANDBOXES = ['vm', 'none'] as const;
export type Sandbox = (typeof SANDBOXES)[number];

/** How much effort a model puts into its replies. */
export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
/** Colours that a definition may give its agents, as the public format names them. */
export const COLORS = ['red', 'blue', 'green', 'yellow', 'purple', 'orange', 'pink', 'cyan'] as const;
export type Color = (typeof COLORS)[number];
export const THINKING = ['adaptive', 'off'] as const;

/** What is asked of a model's replies; what is not set is the model's own default. */
export interface ReplySettings {
  effort?: (typeof EFFORTS)[number];
  thinking?: (typeof THINKING)[number];
  /** Most tokens of one reply. */
  maxOutput?: number;
}

export type AgentState =
  | 'starting'
  | 'working'
  | 'idle'
  | 'waiting'
  | 'wedged'
  | 'stopping'
  | 'stopped'
  | 'failed';

export type TeamState = 'starting' | 'running' | 'paused' | 'done' | 'failed' | 'stopped';

/** Tokens as the usage fields of the Messages API count them. */
export interface Tokens {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

export const NO_TOKENS: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

/** An agent as `cowork status --json` shows it. */
export interface AgentStatus {
  name: string;
  role: Role;
  state: AgentState;
  /** Why it is in this state, in a few words. */
  reason: string;
  /** Id of the task that it works on. */
  task: string | null;
  sandbox: Sandbox;
  accelerator: string | null;
  /** Why this one: what was found when it was looked for. */
  acceleratorReason: string | null;
  /** What of its machine's confinement could not be had, in words. */
  lacks: readonly string[];
  /** The keeper's process; null when there is none. */
  pid: number | null;
  /** The virtual machine's process; null when there is none. */
  vmPid: number | null;
  incarnation: number;
  model: string;
  tokens: Tokens;
  costUsd: number;
  /** Messages that the model has not seen yet. */
  unread: number;
  /** From the start of the VM to the agent's first word over the gate; null before that. */
  bootMs: number | null;
  /** The host that it runs on, when that is another one. */
  host?: string;
  /** In which it is shown, when its definition has one. */
  color?: Color;
}

export interface Alert {
  id: string;
  at: string;
  agent: string | null;
  kind: string;
  text: string;
}

/** A repository that agents work on in clones, as `cowork status --json` shows it. */
export interface RepositoryStatus {
  grant: string;
  /** The user's folder. */
  path: string;
  /** The branch that gets the result, and where it is in the team's repository. */
  branch: string;
  base: string;
  commit: string;
  /** Whether the user's repository has it all; why not, when that is known. */
  isPublished: boolean;
  obstacle: string | null;
  /** How many pushes have landed, and how many went back to their authors. */
  landed: number;
  returned: number;
  /** Pushes that nothing has come of yet. */
  waiting: { agent: string; commit: string }[];
}

/** A team as `cowork status --json` and `cowork wait --json` show it. */
export interface TeamStatus {
  team: string;
  state: TeamState;
  job: string;
  created: string;
  elapsedMs: number;
  agents: AgentStatus[];
  /** Number of tasks in each state that occurs. */
  tasks: Record<string, number>;
  alerts: Alert[];
  /** There when a repository is granted as a clone. */
  repositories?: RepositoryStatus[];
  costUsd: number;
  summary: string | null;
  /** Which guest image the machines have, when it is not the plain one. */
  image?: ImageName;
  /** Names the script when the models are played by one, else null. */
  rehearsal: string | null;
}
