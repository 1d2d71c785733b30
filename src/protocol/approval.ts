// Without zod: readers of files use these words, and start fast.

/**
 * What waits for a person: a folder, a host, to go on deleting, a plan, an answer, a server of the project, a limit that is reached; and what MCP
 * servers ask for: a form, a page.
 */
export const APPROVAL_KINDS = [
  'folder',
  'host',
  'deletions',
  'plan',
  'question',
  'connector',
  'budget',
  'form',
  'page',
] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

/** What somebody does who asks, in words that go on with `: ` and what for. */
export const ASKS: Record<ApprovalKind, string> = {
  folder: 'asks for a folder',
  host: 'asks for a host',
  deletions: 'asks whether to go on deleting',
  plan: 'asks for leave to work by a plan',
  question: 'asks',
  connector: 'asks for a connector',
  budget: 'asks for a higher limit',
  form: 'asks to fill in a form',
  page: 'asks to open a page',
};

/** `expired`: nobody answered in time, which counts as no. */
export type ApprovalState = 'open' | 'allowed' | 'denied' | 'expired';

/** Where an answer was given: `record` is an answer that follows from something else that was done, such as a limit raised with `resume`. */
export const ANSWER_PLACES = ['command line', 'pane', 'browser', 'team', 'record'] as const;
export type AnswerPlace = (typeof ANSWER_PLACES)[number];

/** How far an answer reaches: the team, or each team of its project from now on. */
export const REACHES = ['team', 'project'] as const;
export type Reach = (typeof REACHES)[number];

/** Kinds that can be allowed for a whole project: each names a thing that stays the same. */
export const LASTING_KINDS: readonly ApprovalKind[] = ['folder', 'host', 'connector'];

/** A request as `cowork approvals --json` shows it. */
export interface Approval {
  /** `a` and its number in the team, from 1. */
  id: string;
  kind: ApprovalKind;
  /** Who asks: an agent, or `team`. */
  agent: string;
  incarnation: number;
  /** What is asked for, in a few words: a path, a host, a question. */
  what: string;
  /** Why, in the agent's words. */
  why: string;
  /** What the kind needs besides, for programs. */
  detail: Record<string, unknown>;
  state: ApprovalState;
  created: string;
  /** When no answer becomes no. */
  expires: string;
  answered: string | null;
  /** `user`, `lead` for a plan, or `team` when the time was over. */
  answeredBy: string | null;
  /** Where; null when it is open, or was answered before this was written down. */
  answeredIn: AnswerPlace | null;
  /** The user of the system and their terminal, as far as known. */
  answeredWho: string;
  /** How far the answer reaches. */
  reach: Reach;
  /** What was said to it. */
  note: string;
  /** What was granted, for programs. */
  result: Record<string, unknown>;
}
