import { apiError } from './api-error.ts';
import { SentMessages } from './sent-messages.ts';
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
   * The whole request, and its last messages as JSON, each by itself; or the answer for the guest when that can't be put
   * together.
   */
  whole(
    body: Buffer,
    continuation: Continuation,
  ): { body: Buffer; last: readonly string[] } | { refusal: ModelResponse };
}

/** One for the agent and one for each sub-agent that works at the same time; those longest unused are let go. */
const KEPT = 16;
/** Longest request that is put together, in bytes. */
const WHOLE_MAX = 32 * 1024 * 1024;
/** So many messages are given out by themselves. */
const LAST = 32;

/**
 * Keeps what was sent. Marks where the prompt cache is to be written and read: at the last message, and at the one that
 * was last before, from where a server looks for what it has; the mark behind tools and system prompt is the guest's.
 */
export function createConversations(): Conversations {
  const kept = new Map<string, SentMessages>();
  return {
    whole(body, { id, after }) {
      const { messages, ...rest } = parseRequest(body);
      if (messages === undefined) return { refusal: apiError(400, 'messages: Field required') };
      const sent = kept.get(id) ?? new SentMessages();
      if (after > sent.count) return { refusal: apiError(409, 'That conversation is not known.') };
      const endBefore = Math.min(sent.count, after);
      sent.cut(after);
      for (const message of messages) sent.add(Buffer.from(JSON.stringify(message)));
      kept.delete(id);
      if (sent.bytes > WHOLE_MAX) return { refusal: apiError(413, 'prompt is too long: over 32 MiB') };
      kept.set(id, sent);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
      const marks = [...new Set([endBefore - 1, sent.count - 1])].filter((index) => index >= 0);
      const head = JSON.stringify(rest).slice(0, -1);
      const whole = [`${head}${head === '{' ? '' : ','}"messages":[`, ...withMarks(sent, marks), ']}'];
      return { body: Buffer.concat(whole.map((part) => Buffer.from(part))), last: sent.last(LAST) };
    },
  };
}

/** The messages with a comma between each two; those at `marks`, which ascend, carry a cache mark. */
function withMarks(sent: SentMessages, marks: readonly number[]): (Buffer | string)[] {
  const parts: (Buffer | string)[] = [];
  let from = 0;
  for (const mark of marks) {
    if (mark > from) parts.push(sent.range(from, mark), ',');
    parts.push(marked(sent.at(mark)), ',');
    from = mark + 1;
  }
  if (from < sent.count) parts.push(sent.range(from, sent.count));
  else parts.pop(); // the comma behind the last one
  return parts;
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
