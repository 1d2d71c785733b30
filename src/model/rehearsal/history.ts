import { type ApiMessage, type Block, blocksOf, isText, isToolResult, isToolUse } from './request.ts';

/** What came from the agent's side before one of the model's messages. */
export interface Input {
  /** By tool_use id, in the order of the calls. */
  results: { id: string; text: string; isError: boolean }[];
  texts: string[];
}

/** One of the model's messages, as the agent gives it back. */
export interface Reply {
  text: string;
  calls: { id: string; name: string; input: Record<string, unknown> }[];
}

/** A conversation: inputs and replies in turn, beginning and ending with an input. */
export interface Conversation {
  inputs: Input[];
  replies: Reply[];
}

/** Reads a checked list of messages as inputs and replies. Consecutive user messages are one input. */
export function conversationOf(messages: readonly ApiMessage[]): Conversation {
  const inputs: Input[] = [];
  const replies: Reply[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const blocks = blocksOf(message);
    if (message.role === 'assistant') {
      // Two of the model's messages in a row have nothing between them.
      while (inputs.length <= replies.length) inputs.push({ results: [], texts: [] });
      replies.push(replyOf(blocks));
      continue;
    }
    const last = inputs.length > replies.length ? inputs.at(-1) : undefined;
    const input = last ?? { results: [], texts: [] };
    if (!last) inputs.push(input);
    readInput(blocks, input);
  }
  return { inputs, replies };
}

function replyOf(blocks: Block[]): Reply {
  return {
    text: blocks
      .filter(isText)
      .map(({ text }) => text)
      .join(''),
    calls: blocks.filter(isToolUse).map(({ id, name, input }) => ({ id, name, input })),
  };
}

function readInput(blocks: Block[], input: Input): void {
  for (const block of blocks) {
    if (isText(block)) input.texts.push(block.text);
    if (isToolResult(block)) {
      const text = typeof block.content === 'string' ? block.content : textsIn(block.content ?? []);
      input.results.push({ id: block.tool_use_id, text, isError: block.is_error === true });
    }
  }
}

function textsIn(content: { type: string; [field: string]: unknown }[]): string {
  return content.map((block) => (typeof block.text === 'string' ? block.text : `[${block.type}]`)).join('\n');
}
