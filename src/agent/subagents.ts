import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type { BetaContentBlockParam } from '@anthropic-ai/sdk/resources/beta';
import type { AgentDefinition, Welcome } from '../protocol/gate.ts';
import type { GateClient } from './gate-client.ts';
import { History } from './history.ts';
import { isCutAnswer, reasonOf } from './model-error.ts';
import { MAX_OUTPUT_TOKENS, toolDefinitions } from './settings.ts';
import { place } from './system-prompt.ts';
import { runTurn, type TurnOutcome } from './turn.ts';

/** Sub-agents of one agent that work at the same time; more wait. */
const AT_ONCE = 4;
/** Most replies of the model in the life of one. */
const REPLIES_MAX = 60;
const CUTS_MAX = 3;

interface SubagentOptions {
  gate: GateClient;
  welcome: Welcome;
  /** The model that the agent itself has now. */
  model: () => string;
  /** Tools of its own for one sub-agent. Among them is none that starts another: that is as deep as it goes. */
  tools: () => BetaRunnableTool[];
}

/** The tool with which an agent hands a question to a short-lived helper with a context of its own. */
export function subagentTool(options: SubagentOptions): BetaRunnableTool {
  const line = createLine(AT_ONCE);
  const known = options.welcome.agents;
  const list = known.map(({ name, description }) => `\n- ${name}: ${description}`).join('');
  return {
    type: 'custom',
    name: 'run_subagent',
    description: `Runs a helper with a fresh context of its own on one question, and returns its last words only. It works in the same machine and folders, knows nothing but its prompt, and can't talk to the team. Several in one turn run side by side. Good for wide reading whose details you do not need.${list === '' ? '' : `\nIn "agent" you may name one of:${list}`}`,
    input_schema: {
      type: 'object',
      properties: {
        prompt: { type: 'string', description: 'All that it needs to know, and what its answer must hold.' },
        agent: { type: 'string', description: 'A kind of helper from the list.' },
        tools: { type: 'array', items: { type: 'string' }, description: 'Only these tools.' },
      },
      required: ['prompt'],
      additionalProperties: false,
    },
    parse: (input) => input,
    run: async (input: { prompt?: unknown; agent?: unknown; tools?: unknown }, context) => {
      if (typeof input.prompt !== 'string' || input.prompt.trim() === '')
        throw new ToolError('prompt: a text is needed');
      const kind = known.find(({ name }) => name === input.agent);
      if (input.agent !== undefined && kind === undefined) {
        throw new ToolError(`There is no kind of helper ${JSON.stringify(input.agent)}.`);
      }
      const signal = context?.signal ?? new AbortController().signal;
      const only = Array.isArray(input.tools) ? input.tools.map(String) : undefined;
      const { prompt } = input;
      return line(() => runSubagent(options, { prompt, kind, only, signal }));
    },
  };
}

interface Task {
  prompt: string;
  kind: AgentDefinition | undefined;
  only: readonly string[] | undefined;
  signal: AbortSignal;
}

async function runSubagent(options: SubagentOptions, { prompt, kind, only, signal }: Task): Promise<string> {
  const own = options.tools();
  const tools = chosen(chosen(own, kind?.tools ?? undefined), only);
  try {
    const history = new History(async () => {}); // only its answer is kept
    const said: BetaContentBlockParam[] = [{ type: 'text', text: prompt }];
    await history.addUser(said);
    for (let cuts = 0; ; cuts++) {
      const outcome = await runTurn({
        ...{ gate: options.gate, isSubagent: true, tools, history, signal, maxReplies: REPLIES_MAX },
        settings: () => ({
          model: kind?.model ?? options.model(),
          max_tokens: MAX_OUTPUT_TOKENS,
          system: [
            { type: 'text', text: instructions(options.welcome, kind), cache_control: { type: 'ephemeral' } },
          ],
          tools: toolDefinitions(tools),
        }),
        incoming: { take: () => ({ texts: [], shown: [], seqs: [] }) },
        listener: SILENT,
        unseen: new Set(),
      });
      if (outcome.outcome !== 'failed' || !isCutAnswer(outcome.error) || cuts >= CUTS_MAX)
        return answerOf(outcome, signal);
      await history.addUser([
        { type: 'text', text: '[team] Your answer was cut off. Go on where you were.' },
      ]);
    }
  } finally {
    for (const tool of own) await tool.close?.();
  }
}

const nothing = (): void => {};
const SILENT = {
  text: nothing,
  toolStarted: nothing,
  toolEnded: nothing,
  reply: nothing,
  entered: nothing,
  seen: nothing,
};

function answerOf(outcome: TurnOutcome, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (outcome.outcome === 'failed') throw new ToolError(`The helper failed: ${reasonOf(outcome.error)}`);
  if (outcome.outcome === 'stopped') throw new ToolError(`The helper was stopped: ${outcome.text}`);
  if (outcome.outcome === 'limit')
    return `${outcome.text}\n[It reached its limit of ${REPLIES_MAX} replies.]`;
  return outcome.text === '' ? 'The helper said nothing.' : outcome.text;
}

function chosen(
  tools: readonly BetaRunnableTool[],
  names: readonly string[] | undefined,
): BetaRunnableTool[] {
  if (names === undefined) return [...tools];
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return tools.filter(({ name }) => wanted.has(name));
}

function instructions(welcome: Welcome, kind: AgentDefinition | undefined): string {
  const role =
    kind?.prompt ?? 'You are a helper with one question to answer. Work it out with your tools, then answer.';
  return `${role}\n\nYour last message is all that whoever asked gets to see: give the answer itself, with paths and figures, and say what you could not find out.\n\n${place(welcome)}`;
}

/** Runs at most so many at once; the others wait for their turn. */
function createLine(atOnce: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next(); // takes over the place
    }
  };
}
