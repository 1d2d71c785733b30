import type { Anthropic } from '@anthropic-ai/sdk';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import type {
  BetaContentBlockParam,
  BetaMessage,
  BetaToolResultBlockParam,
} from '@anthropic-ai/sdk/resources/beta';
import type { History } from './history.ts';
import type { Batch, Incoming } from './incoming.ts';

/** How a turn ended; `text` is the last thing that the model said. */
export interface TurnOutcome {
  outcome: 'ended' | 'interrupted' | 'failed' | 'limit';
  text: string;
  /** Replies of the model. */
  turns: number;
  error?: unknown;
}

/** What a turn lets others watch. */
export interface TurnListener {
  text(delta: string): void;
  toolStarted(id: string, name: string, input: unknown): void;
  toolEnded(result: BetaToolResultBlockParam): void;
  reply(message: BetaMessage): void;
  entered(batch: Batch): void;
  /** The mail with these sequence numbers is in a request that the model has begun to answer. */
  seen(seqs: number[]): void;
}

interface TurnOptions {
  client: Anthropic;
  model: string;
  system: string;
  tools: BetaRunnableTool[];
  history: History;
  incoming: Incoming;
  listener: TurnListener;
  /** Mail that is in the context and was not yet in a request that the model began to answer; outlives the turn. */
  unseen: Set<number>;
  /** Aborted by an interrupt; the turn then ends cleanly, every tool call answered. */
  signal: AbortSignal;
  /** Most replies of the model in this turn. */
  maxReplies: number;
}

const MAX_OUTPUT_TOKENS = 32_000;

/**
 * Runs one turn: from what has come in until the model ends it and nothing more waits. Mail enters between tool calls,
 * after their results. The history is ours and is handed to the SDK's runner whole before every request.
 */
export async function runTurn(options: TurnOptions): Promise<TurnOutcome> {
  const { history, incoming, listener, unseen, signal } = options;
  let text = '';
  let turns = 0;
  await enter(options, incoming.take('end of turn'), []);
  const runner = options.client.beta.messages.toolRunner(
    {
      model: options.model,
      max_tokens: MAX_OUTPUT_TOKENS,
      system: [{ type: 'text', text: options.system, cache_control: { type: 'ephemeral' } }],
      messages: [...history.messages],
      tools: options.tools.map((tool) => observed(tool, listener)),
      stream: true,
      thread: false,
    },
    { signal },
  );
  let partial = '';
  try {
    for await (const stream of runner) {
      partial = '';
      stream.on('text', (delta) => {
        partial += delta;
        listener.text(delta);
      });
      stream.once('streamEvent', () => {
        if (unseen.size > 0) listener.seen([...unseen]);
        unseen.clear();
      });
      const message = await stream.finalMessage();
      partial = '';
      turns++;
      text = textOf(message) || text;
      // A reply's blocks are accepted as they are in the next request.
      await history.addAssistant(message.content as BetaContentBlockParam[]);
      listener.reply(message);
      const results = await answerTools(history, message, async () => {
        const answered = await runner.generateToolResponse(signal);
        return (answered?.content ?? []) as BetaToolResultBlockParam[];
      });
      const limited = turns >= options.maxReplies;
      const batch =
        signal.aborted || limited
          ? NOTHING
          : incoming.take(results.length > 0 ? 'tool boundary' : 'end of turn');
      if (results.length === 0 && batch.texts.length === 0) return { outcome: 'ended', text, turns };
      await enter(options, batch, results);
      if (signal.aborted) return { outcome: 'interrupted', text, turns };
      if (limited) return { outcome: 'limit', text, turns };
      runner.setMessagesParams((params) => ({ ...params, messages: [...history.messages] }));
    }
    return { outcome: 'ended', text, turns };
  } catch (error) {
    if (partial !== '') await history.addAssistant([{ type: 'text', text: `${partial} …` }]);
    const cut = history.unanswered('The call was cut off; what it had done by then is not known.');
    if (cut.length > 0) await history.addUser(cut);
    if (signal.aborted) return { outcome: 'interrupted', text: partial || text, turns };
    return { outcome: 'failed', text: partial || text, turns, error };
  }
}

const NOTHING: Batch = { texts: [], shown: [], seqs: [] };

/** Puts tool results and texts into the history as one user message. */
async function enter(
  { history, listener, unseen }: TurnOptions,
  batch: Batch,
  results: BetaToolResultBlockParam[],
): Promise<void> {
  const content = [...results, ...batch.texts.map((text) => ({ type: 'text', text }) as const)];
  if (content.length > 0) await history.addUser(content);
  if (batch.texts.length > 0) listener.entered(batch);
  for (const seq of batch.seqs) unseen.add(seq);
}

/** Runs the tool calls of a reply. A reply that was cut by its length has calls with half an input: those are refused. */
async function answerTools(
  history: History,
  message: BetaMessage,
  run: () => Promise<BetaToolResultBlockParam[]>,
): Promise<BetaToolResultBlockParam[]> {
  if (message.stop_reason !== 'max_tokens') return run();
  return history.unanswered('Not run: the reply reached its length limit. Say less in one reply.');
}

/** The same tool, telling the listener when it starts and ends. */
function observed(tool: BetaRunnableTool, listener: TurnListener): BetaRunnableTool {
  return {
    ...tool,
    run: async (input, context) => {
      const id = context?.toolUse.id ?? '';
      listener.toolStarted(id, tool.name, input);
      try {
        const content = await tool.run(input, context);
        listener.toolEnded({ type: 'tool_result', tool_use_id: id, content });
        return content;
      } catch (error) {
        const content = error instanceof Error ? error.message : String(error);
        listener.toolEnded({ type: 'tool_result', tool_use_id: id, content, is_error: true });
        throw error;
      }
    },
  };
}

function textOf(message: BetaMessage): string {
  return message.content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
}
