import type { Inbox, Turn } from './turn.ts';

/** What a rehearsal may know about its team; the same for every agent. */
export interface RehearsalContext {
  team: string;
  /** The job's text as the user gave it. */
  job: string;
  /** Granted folders, with the path at which the agent sees each. */
  grants: RehearsalGrant[];
  /** Names of the teammates the team was launched with, in order. */
  teammates: string[];
  /** Thinking time before each turn in milliseconds; wins over the script's. */
  paceMs?: number;
  /** Changes what `agent.random` gives; the same seed gives the same numbers. */
  seed?: number;
}

export interface RehearsalGrant {
  name: string;
  path: string;
  mode: 'ro' | 'rw' | 'keep' | 'review' | 'clone';
}

/** The agent whose part is played. */
export interface RehearsalAgent extends RehearsalContext {
  name: string;
  role: 'lead' | 'teammate' | 'subagent';
  /** Mail, tasks and events that have arrived; a script takes out with `shift()` what it has dealt with. */
  inbox: Inbox;
  /** From 0 to below 1, the same sequence each time that this agent's part is played. */
  random(): number;
}

export interface ToolCall {
  name: string;
  input: Record<string, unknown>;
}

/** One message of the agent: text, then any number of tool calls, which the agent may run in parallel. */
export interface Step {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** The same step with one more call. */
  call(name: string, input?: Record<string, unknown>): Step;
}

/**
 * One agent's part. Each `yield` is one message of the agent and gives back what came in answer: the results of
 * its calls, mail, words of the user. A message without calls ends the turn; the part goes on after that `yield`
 * when something arrives. It is played from its start as often as needed, so it must decide by what it was given
 * alone: no clock, no files, no `Math.random()`.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a generator without `return` has void there
export type Part = (agent: RehearsalAgent, start: Turn) => Generator<Step, Step | undefined | void, Turn>;

export interface Rehearsal {
  title: string;
  /** Thinking time before each turn, in milliseconds. */
  paceMs?: number;
  lead: Part;
  teammate: Part;
  subagent?: Part;
  /** Parts of single agents by name, in place of their role's. */
  agents?: Record<string, Part>;
}

/**
 * Names a script's parts; a script file exports its result as default.
 * @example export default defineRehearsal({ title: 'Hello', *lead() { yield say('Hello.'); }, *teammate() {} })
 */
export function defineRehearsal(rehearsal: Rehearsal): Rehearsal {
  return rehearsal;
}

/** A message of the agent; add calls with `.call(name, input)`. */
export function say(text: string): Step {
  return step(text, []);
}

/** A message of the agent that is one tool call without words. */
export function call(name: string, input: Record<string, unknown> = {}): Step {
  return step('', [{ name, input }]);
}

/**
 * Says a step, and makes those of its calls again that an interrupt or a restart cut off, up to `tries` times in
 * all. For calls that may be repeated: give team tools a `key`.
 * @example const turn = yield* insist(call('bash', { command: 'ls' }))
 */
export function* insist(first: Step, tries = 3): Generator<Step, Turn, Turn> {
  const turn = yield first;
  const cut = turn.results.flatMap(({ isCut }, index) => (isCut ? index : []));
  if (cut.length === 0 || tries <= 1) return turn;
  const again = step(
    '',
    cut.flatMap((index) => first.calls[index] ?? []),
  );
  const rest = yield* insist(again, tries - 1);
  const results = turn.results.map((result, index) => rest.results[cut.indexOf(index)] ?? result);
  return {
    results,
    said: `${turn.said}\n${rest.said}`.trim(),
    mail: [...turn.mail, ...rest.mail],
    tasks: [...turn.tasks, ...rest.tasks],
    events: [...turn.events, ...rest.events],
  };
}

function step(text: string, calls: readonly ToolCall[]): Step {
  return { text, calls, call: (name, input = {}) => step(text, [...calls, { name, input }]) };
}
