import type {
  BetaCompactionBlockParam,
  BetaContentBlockParam,
  BetaMessageParam,
} from '@anthropic-ai/sdk/resources/beta';
import { ask, type ModelSettings } from './ask.ts';
import type { GateClient } from './gate-client.ts';
import { COMPACTION_BETA, type History, REPLACED } from './history.ts';
import { ModelError } from './model-error.ts';
import type { ReplyListener } from './reply.ts';

interface CompactOptions {
  gate: GateClient;
  settings: ModelSettings;
  history: History;
  /** Whether the model's server can compact; becomes false when it has refused to. */
  server: { canCompact: boolean };
  /** How things stand in the team, to be put back after what was said about them is gone. */
  situation: () => Promise<string>;
  signal: AbortSignal;
}

const WHAT_COUNTS =
  'Write for yourself, who will remember nothing else: the job and what the user has asked for in their words; what is decided and why; what is done, with paths, ids and numbers; what failed and was learnt from it; what you were doing just now and what comes next; promises to others.';
const REQUEST = `[team] Your conversation has become too long and is going to be replaced by a summary that you write now. ${WHAT_COUNTS} Call no tool.`;

/** Results older than the last few messages keep so many characters when even asking for a summary is too long. */
const OLD_RESULT_MAX = 400;
const RECENT = 6;
const TRIES = 3;
const SILENT: ReplyListener = { begun: () => {}, text: () => {}, call: () => {} };

/**
 * Replaces a conversation by a summary of it, followed by how things stand: the server's own where it makes one, else one that the model is asked for. Every
 * call in it must be answered.
 */
export async function compact(options: CompactOptions): Promise<void> {
  const { history, situation } = options;
  const block = options.server.canCompact ? await compactedByServer(options) : undefined;
  const summary = block === undefined ? `\n\n${await summaryByModel(options)}` : '';
  const now = await situation();
  const text = `${REPLACED}${summary}\n\n[team] How things stand now:\n${now}\n\nGo on where you were.`;
  await history.replace([...(block === undefined ? [] : [block]), { type: 'text', text }]);
}

/** The server's summary, a signed block that stands for all before it; undefined when it makes none. Source: the Messages API, `compaction`. */
async function compactedByServer(options: CompactOptions): Promise<BetaCompactionBlockParam | undefined> {
  const { gate, settings, history, server, signal } = options;
  try {
    const { content } = await ask({
      ...{ gate, history: history.fork(history.messages), isSubagent: false, signal },
      settings: { ...settings, compaction: { type: 'summarize', instructions: WHAT_COUNTS } },
      betas: [COMPACTION_BETA],
      listener: SILENT,
    });
    return content.find((block) => block.type === 'compaction' && typeof block.content === 'string') as
      | BetaCompactionBlockParam // by its type
      | undefined;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    if (error.status === 400 && !error.isTooLong) server.canCompact = false;
    return undefined;
  }
}

/**
 * The model's own summary. When the conversation is too long even to be summarised, old tool results are shortened first, then old messages
 * left out.
 */
async function summaryByModel({ gate, settings, history, signal }: CompactOptions): Promise<string> {
  let messages = history.messages;
  for (let tries = 1; ; tries++) {
    const asked = history.fork([...messages, { role: 'user', content: [{ type: 'text', text: REQUEST }] }]);
    try {
      const { content } = await ask({
        ...{ gate, history: asked, isSubagent: false, signal },
        settings: { ...settings, tool_choice: { type: 'none' } },
        listener: SILENT,
      });
      const summary = textOf(content);
      if (summary !== '') return summary;
      throw new ModelError(undefined, undefined, 'it wrote no summary');
    } catch (error) {
      if (tries >= TRIES || !(error instanceof ModelError)) throw error;
      if (error.isTooLong) messages = tries === 1 ? withShortResults(messages) : withoutOld(messages);
    }
  }
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

/** The first message, which says what it is all about (the second after a summary of the server), and the later half, from a place where no call is open. */
function withoutOld(messages: readonly BetaMessageParam[]): BetaMessageParam[] {
  const short = withShortResults(messages);
  const from = short.findIndex((message, index) => index >= short.length / 2 && message.role === 'assistant');
  const isSummed = short[0]?.role === 'assistant';
  return from < 1 ? short : [...short.slice(0, isSummed ? 2 : 1), ...short.slice(from)];
}

function textOf(content: readonly BetaContentBlockParam[]): string {
  return content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
}
