import type { BetaRunnableTool, BetaToolUse } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type {
  BetaToolResultBlockParam,
  BetaToolUseBlock,
  BetaToolUseBlockParam,
} from '@anthropic-ai/sdk/resources/beta';
import { refusal } from './refuse.ts';

/** Tools that only look: they run side by side, and may run while the reply that calls them still streams and might yet be cut. */
const LOOKING = new Set(['read', 'glob', 'grep', 'task_list', 'task_get', 'read_message', 'web_fetch']);
/** Tools that work for themselves: they see what was done before them, and nothing waits for them. */
const ASIDE = new Set(['run_subagent']);

interface Watcher {
  toolStarted(id: string, name: string, input: unknown): void;
  toolEnded(result: BetaToolResultBlockParam): void;
}

/**
 * The tool calls of one reply; each gets exactly one result, whatever happens. They do what they would do one after the
 * other: a call that changes something waits for all before it, a look for the changes before it. Only looks, and helpers,
 * run side by side.
 */
export class ToolCalls {
  readonly #tools: ReadonlyMap<string, BetaRunnableTool>;
  readonly #watcher: Watcher;
  readonly #signal: AbortSignal;
  readonly #started = new Map<string, Promise<BetaToolResultBlockParam>>();
  #mayLookEarly = true;

  constructor(tools: readonly BetaRunnableTool[], watcher: Watcher, signal: AbortSignal) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#watcher = watcher;
    this.#signal = signal;
  }

  /** A call is complete while the reply still streams. */
  arrived(call: BetaToolUseBlockParam): void {
    if (!LOOKING.has(call.name)) this.#mayLookEarly = false;
    else if (this.#mayLookEarly) this.#start(call);
  }

  /** Whether none of these calls changes anything. */
  onlyLook(calls: readonly BetaToolUseBlockParam[]): boolean {
    return calls.every(({ name }) => LOOKING.has(name) || !this.#tools.has(name));
  }

  /** Runs what does not run yet; the results are in the order of the calls. */
  results(calls: readonly BetaToolUseBlockParam[]): Promise<BetaToolResultBlockParam[]> {
    let changed: Promise<unknown> = Promise.resolve();
    let looks: Promise<unknown>[] = [];
    return Promise.all(
      calls.map((call) => {
        const begin = () => this.#start(call);
        if (ASIDE.has(call.name)) return changed.then(begin);
        if (LOOKING.has(call.name)) {
          const look = this.#started.get(call.id) ?? changed.then(begin);
          looks.push(look);
          return look;
        }
        const change = Promise.all([changed, ...looks]).then(begin);
        changed = change;
        looks = [];
        return change;
      }),
    );
  }

  #start(call: BetaToolUseBlockParam): Promise<BetaToolResultBlockParam> {
    const started = this.#started.get(call.id) ?? this.#run(call);
    this.#started.set(call.id, started);
    return started;
  }

  async #run(call: BetaToolUseBlockParam): Promise<BetaToolResultBlockParam> {
    const { id, name, input } = call;
    const result: BetaToolResultBlockParam = { type: 'tool_result', tool_use_id: id };
    if (this.#signal.aborted) return { ...result, is_error: true, content: NOT_BEGUN };
    this.#watcher.toolStarted(id, name, input);
    try {
      result.content = await this.#outcome(call);
    } catch (error) {
      result.is_error = true;
      result.content = this.#signal.aborted ? CUT_OFF : errorText(error);
    }
    this.#watcher.toolEnded(result);
    return result;
  }

  async #outcome(call: BetaToolUseBlockParam): Promise<NonNullable<BetaToolResultBlockParam['content']>> {
    const tool = this.#tools.get(call.name);
    if (tool === undefined) {
      const all = [...this.#tools.keys()].join(', ');
      throw refusal('TOOL_REFUSED', `There is no tool ${call.name} for you.`, `There are: ${all}.`);
    }
    const signal = this.#signal;
    // A call that is sent back has the fields of one that was received.
    const toolUse = call as BetaToolUse;
    const late = Promise.withResolvers<never>();
    const onAbort = () => setTimeout(() => late.reject(new Error(CUT_OFF)), GRACE_MS).unref();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const running = tool.run(tool.parse(call.input), {
        toolUse,
        toolUseBlock: call as BetaToolUseBlock,
        signal,
      });
      return await Promise.race([running, late.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** How long a tool that is interrupted may take to say how far it came. */
const GRACE_MS = 1_000;
const CUT_OFF = 'The call was cut off; what it had done by then is not known.';
const NOT_BEGUN = 'Not run: the turn was interrupted before this call began.';

function errorText(error: unknown): NonNullable<BetaToolResultBlockParam['content']> {
  if (error instanceof ToolError) return error.content;
  return `Error: ${error instanceof Error ? error.message : String(error)}`;
}
