import type {
  BetaContentBlockParam,
  BetaMessageParam,
  BetaToolResultBlockParam,
} from '@anthropic-ai/sdk/resources/beta';
import type { TranscriptEntry } from '../protocol/gate.ts';

/**
 * The conversation as the model sees it, each step written to the transcript before anything follows from it. It always
 * keeps the rules of the Messages API: roles alternate, and every tool call is answered in the next user message.
 */
export class History {
  readonly messages: BetaMessageParam[] = [];
  readonly #write: (entry: TranscriptEntry) => Promise<void>;

  constructor(write: (entry: TranscriptEntry) => Promise<void>) {
    this.#write = write;
  }

  /** Rebuilds the conversation from the transcript of earlier incarnations. */
  restore(entries: readonly TranscriptEntry[]): void {
    for (const entry of entries) {
      if (entry.type === 'note') continue;
      // Entries are written by `add` below from blocks of the API.
      this.#join(entry.type, entry.content as unknown as BetaContentBlockParam[]);
    }
  }

  /** Adds what the user side says: tool results first, then texts. */
  async addUser(content: BetaContentBlockParam[]): Promise<void> {
    await this.#add('user', content);
  }

  async addAssistant(content: BetaContentBlockParam[]): Promise<void> {
    if (content.length > 0) await this.#add('assistant', content);
  }

  /** Answers for the tool calls of the last assistant message that nobody has answered. */
  unanswered(reason: string): BetaToolResultBlockParam[] {
    const last = this.messages.at(-1);
    if (last?.role !== 'assistant' || typeof last.content === 'string') return [];
    return last.content.flatMap((block) =>
      block.type === 'tool_use'
        ? [{ type: 'tool_result', tool_use_id: block.id, is_error: true, content: reason } as const]
        : [],
    );
  }

  async #add(role: 'user' | 'assistant', content: BetaContentBlockParam[]): Promise<void> {
    // The API's blocks are plain JSON objects, each with a type.
    await this.#write({ type: role, content: content as unknown as { type: string }[] });
    this.#join(role, content);
  }

  /** Appends a message, or joins it to the last one when that has the same role. */
  #join(role: 'user' | 'assistant', content: BetaContentBlockParam[]): void {
    const last = this.messages.at(-1);
    if (last?.role === role && Array.isArray(last.content)) {
      this.messages[this.messages.length - 1] = { role, content: [...last.content, ...content] };
    } else {
      this.messages.push({ role, content });
    }
  }
}

/** All text that the user side has said in a conversation. */
export function userTexts(messages: readonly BetaMessageParam[]): string[] {
  return messages.flatMap((message) => {
    if (message.role !== 'user') return [];
    if (typeof message.content === 'string') return [message.content];
    return message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  });
}
