import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import type { BetaContentBlockParam } from '@anthropic-ai/sdk/resources/beta';
import type { AgentDefinition, Welcome } from '../protocol/gate.ts';
import { EFFORTS, type ReplySettings } from '../protocol/team.ts';
import type { GateClient } from './gate-client.ts';
import { History } from './history.ts';
import type { Hooks } from './hooks/hooks.ts';
import { isCutAnswer, reasonOf } from './model-error.ts';
import { replySettings, toolDefinitions } from './settings.ts';
import type { Skills } from './skills/skills.ts';
import { place } from './system-prompt.ts';
import { onlyTools, withoutTools } from './tool-names.ts';
import { runTurn, type TurnOutcome } from './turn.ts';

/** Sub-agents of one agent that work at the same time; more wait. */
const AT_ONCE = 4;
/** Most replies of the model in the life of one. */
const REPLIES_MAX = 60;
const CUTS_MAX = 3;
/** How often hooks may send one back to work. */
const SENT_BACK_MAX = 3;

interface SubagentOptions {
  gate: GateClient;
  welcome: Welcome;
  /** The model that the agent itself has now. */
  model: () => string;
  /** Tools of its own for one sub-agent. Among them is none that starts another: that is as deep as it goes. */
  tools: () => BetaRunnableTool[];
  skills: Skills;
  /** Told of a helper that starts and ends; none for what hooks ask themselves. */
  hooks?: Hooks;
}

/** Short-lived helpers with a context of their own. */
export interface Helpers {
  /** The tool with which the model hands a question to one. */
  tool: BetaRunnableTool;
  /** Runs one; returns its last words. Throws ToolError. */
  run(task: Task): Promise<string>;
  /** The kind of helper of this name. Throws ToolError. */
  kind(name: unknown): Promise<AgentDefinition | undefined>;
}

export function createHelpers(options: SubagentOptions): Helpers {
  const line = createLine(AT_ONCE);
  const run = (task: Task): Promise<string> => line(() => runSubagent(options, task));
  const kind = (name: unknown) => findKind(options, name);
  return { run, kind, tool: subagentTool(options, run) };
}

function subagentTool(options: SubagentOptions, run: Helpers['run']): BetaRunnableTool {
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
      const kind = await findKind(options, input.agent);
      const signal = context?.signal ?? new AbortController().signal;
      const only = Array.isArray(input.tools) ? input.tools.map(String) : undefined;
      const { prompt } = input;
      return run({ prompt, kind, only, signal });
    },
  };
}

interface Task {
  prompt: string;
  kind: AgentDefinition | undefined;
  only: readonly string[] | undefined;
  /** Tools that it does not have. */
  without?: readonly string[];
  /** Null: that of its kind, else of the agent. */
  model?: string | null;
  /** The same of effort. */
  effort?: string | null;
  signal: AbortSignal;
}

async function findKind(
  { gate, welcome }: SubagentOptions,
  name: unknown,
): Promise<AgentDefinition | undefined> {
  if (name === undefined || name === null) return undefined;
  const kind = welcome.agents.find((each) => each.name === name);
  if (kind === undefined) throw new ToolError(`There is no kind of helper ${JSON.stringify(name)}.`);
  // The prompt of a plugin's definition is fetched when it is used: there may be hundreds.
  if (kind.prompt !== null) return kind;
  return gate.call<AgentDefinition>('POST', '/agent/definition', { name: kind.name });
}

async function runSubagent(options: SubagentOptions, task: Task): Promise<string> {
  const { prompt, kind, only, signal } = task;
  const own = options.tools();
  const without = [...(kind?.disallowedTools ?? []), ...(task.without ?? [])];
  const tools = withoutTools(onlyTools(onlyTools(own, kind?.tools), only), without);
  try {
    const history = new History(async () => {}); // only its answer is kept
    const known = await options.skills.known(kind?.skills ?? []);
    const { hooks } = options;
    const type = kind?.name ?? 'helper';
    const start = await hooks?.run('SubagentStart', { agent_type: type }, { names: [type], signal });
    const told = [...known, start?.context ?? '', prompt].filter((text) => text !== '');
    const said: BetaContentBlockParam[] = [{ type: 'text', text: told.join('\n\n') }];
    await history.addUser(said);
    let sentBack = 0;
    for (let cuts = 0; ; cuts++) {
      const outcome = await runTurn({
        ...{
          gate: options.gate,
          isSubagent: true,
          tools,
          history,
          signal,
          maxReplies: kind?.maxTurns ?? REPLIES_MAX,
        },
        settings: () => ({
          model: task.model ?? kind?.model ?? options.model(),
          ...replySettings({ replies: repliesOf(options.welcome, task) }),
          system: [
            { type: 'text', text: instructions(options.welcome, kind), cache_control: { type: 'ephemeral' } },
          ],
          tools: toolDefinitions(tools),
        }),
        incoming: { take: () => ({ texts: [], shown: [], seqs: [] }) },
        listener: SILENT,
        unseen: new Set(),
      });
      if (outcome.outcome === 'ended' && sentBack < SENT_BACK_MAX) {
        const input = {
          agent_type: type,
          stop_hook_active: sentBack > 0,
          last_assistant_message: outcome.text,
        };
        const stop = await hooks?.run('SubagentStop', input, { names: [type], signal });
        if (stop?.outcome === 'blocked') {
          sentBack++;
          await history.addUser([{ type: 'text', text: `[hook] ${stop.reason}` }]);
          continue;
        }
      }
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

/** The effort of the task, else of its kind, else of the agent; a word that is none counts for nothing. */
function repliesOf({ replies }: Welcome, { effort, kind }: Task): ReplySettings {
  const known = [effort, kind?.effort].flatMap((word) => EFFORTS.find((each) => each === word) ?? []);
  return known[0] === undefined ? replies : { ...replies, effort: known[0] };
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
  if (outcome.outcome === 'limit') return `${outcome.text}\n[It reached its limit of replies.]`;
  return outcome.text === '' ? 'The helper said nothing.' : outcome.text;
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
