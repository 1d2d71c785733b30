import { z } from 'zod';
import type { Message } from './message.ts';
import type { Task } from './task.ts';
import { AgentState, type Role, type Sandbox } from './team.ts';

/** First line that a guest writes; whatever came before it on the wire belongs to nobody. */
export const GATE_GREETING = 'cowork-gate 1\n';

/** Largest JSON body of a gate request in bytes; model requests have `MODEL_BODY_MAX`. */
export const GATE_BODY_MAX = 1024 * 1024;
export const MODEL_BODY_MAX = 32 * 1024 * 1024;

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
  /** Folders as the agent sees them; `failed` says why one is missing. */
  grants: { name: string; path: string; mode: string; failed: string | null }[];
  roster: { name: string; role: string }[];
  workspace: string;
  sandbox: Sandbox;
  /** Title of the rehearsal when a script plays the model. */
  rehearsal: string | null;
  maxTurns: number;
  /** Milliseconds since 1970, host clock. */
  now: number;
  cols: number;
  rows: number;
  /** Whether a transcript of an earlier incarnation can be fetched. */
  resumes: boolean;
}

/** What the keeper tells its agent, one JSON object a line. */
export type AgentEvent =
  | { type: 'mail'; messages: Message[] }
  | { type: 'task'; task: Task }
  | { type: 'news'; news: TeamNews }
  | { type: 'nudge'; text: string }
  | { type: 'resize'; cols: number; rows: number }
  | { type: 'shutdown'; reason: string };

/** What wakes a sleeping lead besides mail. */
export type TeamNews =
  | { type: 'task_completed' | 'task_failed'; task: Task }
  | { type: 'tasks_settled'; open: number; completed: number; failed: number };

/** One record of a transcript: what was said to the model, what it said, and what was seen. */
export const TranscriptEntry = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('user'), content: z.array(z.looseObject({ type: z.string() })) }),
  z.strictObject({ type: z.literal('assistant'), content: z.array(z.looseObject({ type: z.string() })) }),
  z.strictObject({ type: z.literal('note'), text: z.string() }),
]);
export type TranscriptEntry = z.infer<typeof TranscriptEntry>;

export const TranscriptAppend = z.strictObject({ entries: z.array(TranscriptEntry).min(1).max(100) });

export const StateReport = z.strictObject({
  state: AgentState.extract(['working', 'idle', 'waiting', 'stopping', 'failed']),
  reason: z.string().max(500),
});

/** Sequence numbers of mail that is now in the model's context. */
export const SeenReport = z.strictObject({ seqs: z.array(z.int().min(1)).min(1).max(1000) });

/** A turn is over: its last text, and whether the agent reported by itself. */
export const TurnEnded = z.strictObject({
  text: z.string().max(32 * 1024),
  outcome: z.enum(['ended', 'interrupted', 'failed', 'limit']),
  turns: z.int().min(0),
});

/** What the person typed at this agent's own prompt. */
export const UserSaid = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(32 * 1024),
});
