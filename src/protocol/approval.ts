// Without zod: readers of files use these words, and start fast.

/** What an agent can ask the user for: a folder, a host, to go on deleting, a plan, an answer; and what its MCP servers can: a form, a page. */
export const APPROVAL_KINDS = ['folder', 'host', 'deletions', 'plan', 'question', 'form', 'page'] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

/** `expired`: nobody answered in time, which counts as no. */
export type ApprovalState = 'open' | 'allowed' | 'denied' | 'expired';

/** A request of an agent as `cowork approvals --json` shows it. */
export interface Approval {
  /** `a` and its number in the team, from 1. */
  id: string;
  kind: ApprovalKind;
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
  /** `user`, or `team` when the time was over. */
  answeredBy: string | null;
  /** What the user said to it. */
  note: string;
  /** What was granted, for programs. */
  result: Record<string, unknown>;
}
