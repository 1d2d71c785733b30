import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import type {
  BetaContentBlockParam,
  BetaToolResultBlockParam,
  BetaToolUseBlockParam,
} from '@anthropic-ai/sdk/resources/beta';
import { ask, type ModelSettings } from './ask.ts';
import type { GateClient } from './gate-client.ts';
import type { History } from './history.ts';
import type { Batch, Incoming } from './incoming.ts';
import { ModelError } from './model-error.ts';
import type { Reply } from './reply.ts';
import { ToolCalls } from './tool-calls.ts';

/** How a turn ended; `text` is the last thing that the model said. */
export interface TurnOutcome {
  /** `stopped`: the keeper let no more requests pass, and says why in `text`. */
  outcome: 'ended' | 'interrupted' | 'failed' | 'stopped' | 'limit';
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
  reply(reply: Reply): void;
  entered(batch: Batch): void;
  /** The mail with these sequence numbers is in a request that the model has begun to answer. */
  seen(seqs: number[]): void;
}

export interface TurnOptions {
  gate: GateClient;
  settings: () => ModelSettings;
  isSubagent?: boolean;
  tools: BetaRunnableTool[];
  history: History;
  incoming: Pick<Incoming, 'take'>;
  listener: TurnListener;
  /** Mail that is in the context and was not yet in a request that the model began to answer; outlives the turn. */
  unseen: Set<number>;
  /** Aborted by an interrupt; the turn then ends cleanly, every tool call answered. */
  signal: AbortSignal;
  /** Aborted when the agent is to end: what runs may finish, and the model is asked nothing more. */
  leaving?: AbortSignal;
  /** Most replies of the model in this turn. */
  maxReplies?: number;
  /** Called when all calls of a reply have their results; may add a text to them, and end the turn. */
  toolsDone?: (
    calls: readonly { name: string; input: unknown; response: unknown }[],
    signal: AbortSignal,
  ) => Promise<{ text: string; ends: boolean }>;
  /** Called with each reply before the next request; may replace the conversation by a shorter one. */
  makeRoom?: (reply: Reply | undefined, signal: AbortSignal) => Promise<void>;
}

/** The type of error with which the keeper ends a turn that leads nowhere. */
const STOPPED_BY_KEEPER = 'cowork_stopped';

/**
 * Runs one turn: from what has come in until the model ends it and nothing more waits. Mail enters between tool calls,
 * after their results. However a turn ends, every tool call in the history is answered.
 */
export async function runTurn(options: TurnOptions): Promise<TurnOutcome> {
  const { history, incoming, listener, signal, leaving } = options;
  const maxReplies = options.maxReplies ?? Number.POSITIVE_INFINITY;
  let text = '';
  let turns = 0;
  let partial: BetaContentBlockParam[] = [];
  let hasMadeRoom = false;
  await enter(options, incoming.take('end of turn'), []);
  try {
    await options.makeRoom?.(NO_REPLY, signal);
    for (;;) {
      if (leaving?.aborted) {
        await history.written;
        return { outcome: 'interrupted', text, turns };
      }
      const calls = new ToolCalls(options.tools, listener, signal);
      let reply: Reply;
      try {
        reply = await askOnce(options, calls, (content) => {
          partial = content;
        });
      } catch (error) {
        // Once: a conversation that is too long even when it was made shorter fails the turn.
        if (!(error instanceof ModelError && error.isTooLong) || hasMadeRoom || !options.makeRoom)
          throw error;
        hasMadeRoom = true;
        await options.makeRoom(undefined, signal);
        continue;
      }
      partial = [];
      turns++;
      text = textOf(reply.content) || text;
      const results = await answer(reply, calls, options);
      if (signal.aborted) {
        await enter(options, NOTHING, results);
        return { outcome: 'interrupted', text, turns };
      }
      if (turns >= maxReplies) {
        await enter(options, NOTHING, results);
        return { outcome: 'limit', text, turns };
      }
      const done = await toolsDone(reply, results, options);
      if (done.ends) {
        await enter(options, { ...NOTHING, texts: [done.text] }, results);
        return { outcome: 'ended', text: done.text, turns };
      }
      const batch = incoming.take(results.length > 0 ? 'tool boundary' : 'end of turn');
      if (done.text !== '') batch.texts.push(done.text);
      if (reply.stopReason === 'refusal') batch.texts.push(REFUSED);
      if (reply.stopReason === 'max_tokens' && results.length === 0) batch.texts.push(TOO_LONG);
      if (results.length === 0 && batch.texts.length === 0) return { outcome: 'ended', text, turns };
      if (reply.stopReason === 'refusal') {
        await enter(options, batch, results);
        return { outcome: 'ended', text: text || REFUSED, turns };
      }
      // Written while the model is asked already, which waits for that.
      enter(options, batch, results).catch(() => {});
      await options.makeRoom?.(reply, signal);
    }
  } catch (error) {
    await history.written.catch(() => {}); // it may be the error that is here
    const said = partial.filter((block) => block.type === 'text');
    const last = said.at(-1);
    if (last?.type === 'text') await history.addAssistant([{ type: 'text', text: `${last.text} …` }]);
    const cut = history.unanswered('The call was cut off; what it had done by then is not known.');
    if (cut.length > 0) await history.addUser(cut);
    const lastText = textOf(said) || text;
    if (signal.aborted || leaving?.aborted) return { outcome: 'interrupted', text: lastText, turns };
    if (error instanceof ModelError && error.type === STOPPED_BY_KEEPER) {
      return { outcome: 'stopped', text: error.message, turns };
    }
    return { outcome: 'failed', text: lastText, turns, error };
  }
}

/** Stands for the reply before a turn: nothing is known of it. */
const NO_REPLY: Reply = {
  ...{ content: [], stopReason: null },
  usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
};
const NOTHING: Batch = { texts: [], shown: [], seqs: [] };
/** The API takes no empty message back. */
const SAID_NOTHING: BetaContentBlockParam[] = [{ type: 'text', text: '…' }];
const REFUSED =
  '[team] The model refused to go on here. Say what can be done instead, or that it can not be done.';
const TOO_LONG = '[team] Your reply reached its length limit. Go on where it was cut; say less in one reply.';

async function askOnce(
  { gate, history, settings, isSubagent = false, listener, unseen, signal, leaving }: TurnOptions,
  calls: ToolCalls,
  onPartial: (content: Reply['content']) => void,
): Promise<Reply> {
  const request = new AbortController();
  const giveUp = (): void => request.abort(signal.reason);
  const stopListening = (): void => leaving?.removeEventListener('abort', giveUp);
  signal.addEventListener('abort', giveUp);
  // An answer that has not begun is not waited for.
  leaving?.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  const written = history.written.catch((error: unknown) => {
    request.abort(error);
    throw error;
  });
  const reply = ask({
    ...{ gate, history, isSubagent, signal: request.signal, onPartial },
    settings: settings(),
    listener: {
      begun: () => {
        stopListening();
        const seen = [...unseen];
        unseen.clear();
        if (seen.length > 0)
          void written.then(
            () => listener.seen(seen),
            () => {},
          );
      },
      text: (delta) => listener.text(delta),
      call: (block) => calls.arrived(block),
    },
  });
  // Nothing follows from an answer before all that it answers is written.
  return Promise.all([reply, written])
    .then(([whole]) => whole)
    .finally(() => {
      stopListening();
      signal.removeEventListener('abort', giveUp);
    });
}

/** Puts tool results and texts into the history as one user message; resolves when it is written. */
function enter(
  { history, listener, unseen }: TurnOptions,
  batch: Batch,
  results: BetaToolResultBlockParam[],
): Promise<void> {
  const content = [...results, ...batch.texts.map((text) => ({ type: 'text', text }) as const)];
  const written = content.length > 0 ? history.addUser(content) : Promise.resolve();
  if (batch.texts.length > 0) listener.entered(batch);
  for (const seq of batch.seqs) unseen.add(seq);
  return written;
}

/** Puts a reply into the history and runs its tool calls. One that was cut by its length or refused has calls that were not meant to run. */
async function answer(
  reply: Reply,
  calls: ToolCalls,
  { history, listener }: TurnOptions,
): Promise<BetaToolResultBlockParam[]> {
  const content = reply.content.length > 0 ? reply.content : SAID_NOTHING;
  const asked = reply.content.filter((block): block is BetaToolUseBlockParam => block.type === 'tool_use');
  const isCut = reply.stopReason === 'max_tokens' || reply.stopReason === 'refusal';
  const isHarmless = !isCut && asked.length > 0 && calls.onlyLook(asked);
  if (isHarmless) history.holdAssistant(content);
  else await history.addAssistant(content);
  listener.reply(reply);
  if (reply.stopReason === 'max_tokens') {
    return history.unanswered('Not run: the reply reached its length limit. Say less in one reply.');
  }
  if (reply.stopReason === 'refusal') return history.unanswered('Not run: the model refused to go on.');
  const results = calls.results(asked);
  if (isHarmless && !(await isSoon(results))) await history.flush();
  return results;
}

/** What is said of the results of a reply before the model has them. */
async function toolsDone(
  { content }: Reply,
  results: readonly BetaToolResultBlockParam[],
  { toolsDone: ask, signal }: TurnOptions,
): Promise<{ text: string; ends: boolean }> {
  if (ask === undefined || results.length === 0) return { text: '', ends: false };
  const calls = content.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
  const response = new Map(results.map((result) => [result.tool_use_id, result.content]));
  return ask(
    calls.map(({ id, name, input }) => ({ name, input, response: response.get(id) })),
    signal,
  );
}

/** For so long a reply whose calls change nothing waits to be written together with their results, in milliseconds. */
const SOON_MS = 100;

/** Whether something settles soon. */
async function isSoon(work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), SOON_MS);
  return Promise.race([work.then(() => true), late.promise]).finally(() => clearTimeout(timer));
}

function textOf(content: readonly BetaContentBlockParam[]): string {
  return content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
}
