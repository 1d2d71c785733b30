import type { BetaContentBlockParam, BetaMessageParam } from '@anthropic-ai/sdk/resources/beta';
import { ask, type ModelSettings } from './ask.ts';
import type { GateClient } from './gate-client.ts';
import type { History } from './history.ts';
import { ModelError } from './model-error.ts';

interface CompactOptions {
  gate: GateClient;
  settings: ModelSettings;
  history: History;
  /** How things stand in the team, to be put back after what was said about them is gone. */
  situation: () => Promise<string>;
  signal: AbortSignal;
}

const REQUEST = `[team] Your conversation has become too long and is going to be replaced by a summary that you write now. Write for yourself, who will remember nothing else: the job and what the user has asked for in their words; what is decided and why; what is done, with paths, ids and numbers; what failed and was learnt from it; what you were doing just now and what comes next; promises to others. Call no tool.`;

/** Results older than the last few messages keep so many characters when even asking for a summary is too long. */
const OLD_RESULT_MAX = 400;
const RECENT = 6;
const TRIES = 3;

/**
 * Replaces a conversation by the model's own summary of it, followed by how things stand. When it is too long even to be
 * summarised, old tool results are shortened first, then old messages left out. Every call in it must be answered.
 */
export async function compact({ gate, settings, history, situation, signal }: CompactOptions): Promise<void> {
  let messages = history.messages;
  let summary = '';
  for (let tries = 1; summary === ''; tries++) {
    const asked = history.fork([...messages, { role: 'user', content: [{ type: 'text', text: REQUEST }] }]);
    try {
      const { content } = await ask({
        ...{ gate, history: asked, isSubagent: false, signal },
        settings: { ...settings, tool_choice: { type: 'none' } },
        listener: { begun: () => {}, text: () => {}, call: () => {} },
      });
      summary = textOf(content);
      if (summary === '') throw new ModelError(undefined, undefined, 'it wrote no summary');
    } catch (error) {
      if (tries >= TRIES || !(error instanceof ModelError)) throw error;
      if (error.isTooLong) messages = tries === 1 ? withShortResults(messages) : withoutOld(messages);
    }
  }
  const now = await situation();
  await history.replace([
    {
      type: 'text',
      text: `[team] Your conversation was replaced by your own summary of it.\n\n${summary}\n\n[team] How things stand now:\n${now}\n\nGo on where you were.`,
    },
  ]);
}

function withShortResults(messages: readonly BetaMessageParam[]): BetaMessageParam[] {
  return messages.map((message, index) => {
    if (index >= messages.length - RECENT || message.role !== 'user' || !Array.isArray(message.content))
      return message;
    return { ...message, content: message.content.map(shortened) };
  });
}

function shortened(block: BetaContentBlockParam): BetaContentBlockParam {
  if (block.type !== 'tool_result') return block;
  const text = typeof block.content === 'string' ? block.content : JSON.stringify(block.content ?? '');
  if (text.length <= OLD_RESULT_MAX) return block;
  return { ...block, content: `${text.slice(0, OLD_RESULT_MAX)} […]` };
}

/** The first message, which says what it is all about, and the later half, from a place where no call is open. */
function withoutOld(messages: readonly BetaMessageParam[]): BetaMessageParam[] {
  const short = withShortResults(messages);
  const from = short.findIndex((message, index) => index >= short.length / 2 && message.role === 'assistant');
  const first = short[0];
  return first === undefined || from < 1 ? short : [first, ...short.slice(from)];
}

function textOf(content: readonly BetaContentBlockParam[]): string {
  return content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
}
