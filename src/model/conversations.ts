import { apiError } from './api-error.ts';
import type { ModelResponse } from './upstream.ts';

/** What a guest says of a request that sends only the end of a conversation. */
export interface Continuation {
  /** Name of the conversation, chosen by the guest. */
  id: string;
  /** How many messages from the beginning are known from earlier requests. */
  after: number;
}

/** The conversations of one agent as they were last sent, so that a request need carry only what is new. */
export interface Conversations {
  /**
   * The whole request, and its messages as JSON, each by itself; or the answer for the guest when that can't be put
   * together.
   */
  whole(
    body: Buffer,
    continuation: Continuation,
  ): { body: Buffer; messages: readonly string[] } | { refusal: ModelResponse };
}

/** One for the agent and one for each sub-agent that works at the same time; those longest unused are let go. */
const KEPT = 16;
/** Longest request that is put together, in characters. */
const WHOLE_MAX = 32 * 1024 * 1024;

interface Kept {
  /** The messages as JSON, each by itself. */
  messages: string[];
  /** Where the request before ended. */
  end: number;
}

/**
 * Keeps what was sent. Marks where the prompt cache is to be written and read: at the last message, and at the one that
 * was last before, from where a server looks for what it has; the mark behind tools and system prompt is the guest's.
 */
export function createConversations(): Conversations {
  const kept = new Map<string, Kept>();
  return {
    whole(body, { id, after }) {
      const { messages, ...rest } = parseRequest(body);
      if (messages === undefined) return { refusal: apiError(400, 'messages: Field required') };
      const known = kept.get(id);
      if (after > (known?.messages.length ?? 0))
        return { refusal: apiError(409, 'That conversation is not known.') };
      const before = known?.messages.slice(0, after) ?? [];
      const now: Kept = {
        messages: [...before, ...messages.map((message) => JSON.stringify(message))],
        end: 0,
      };
      now.end = now.messages.length;
      kept.delete(id);
      if (sizeOf(now) > WHOLE_MAX) return { refusal: apiError(413, 'prompt is too long: over 32 MiB') };
      kept.set(id, now);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
      const marks = new Set([now.end - 1, Math.min(known?.end ?? 0, after) - 1]);
      const sent = now.messages.map((message, index) => (marks.has(index) ? marked(message) : message));
      const head = JSON.stringify(rest);
      const whole = `${head.slice(0, -1)}${head === '{}' ? '' : ','}"messages":[${sent.join(',')}]}`;
      return { body: Buffer.from(whole), messages: now.messages };
    },
  };
}

function parseRequest(body: Buffer): { messages?: unknown[] } {
  try {
    const request: unknown = JSON.parse(body.toString('utf8'));
    if (typeof request !== 'object' || request === null) return {};
    const { messages } = request as { messages?: unknown };
    return Array.isArray(messages) ? { ...request, messages } : {};
  } catch {
    return {}; // the upstream would refuse it in the same way
  }
}

const sizeOf = ({ messages }: Kept): number => messages.reduce((sum, message) => sum + message.length, 0);

/** The message with a cache mark on its last block; as it is when that can carry none. */
function marked(json: string): string {
  const message: unknown = JSON.parse(json); // was made by JSON.stringify
  const { content } = message as { content?: unknown };
  const blocks: unknown[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [];
  const last = blocks.at(-1);
  if (typeof last !== 'object' || last === null) return json;
  const { type } = last as { type?: unknown };
  if (type === 'thinking' || type === 'redacted_thinking') return json;
  const cached = { ...last, cache_control: { type: 'ephemeral' } };
  return JSON.stringify({ ...(message as object), content: [...blocks.slice(0, -1), cached] });
}
